"""Moving a prompt to another model: one guided flow, its gate and its dossier."""
