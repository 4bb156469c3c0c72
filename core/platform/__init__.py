"""Services of the Agent Platform beside model calls; their SDK is imported only here."""
