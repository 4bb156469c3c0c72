"""Two languages: gettext catalogues, the choice of one, and errors in words."""

from core.i18n.translation import LANGUAGES, best_language, explain, kept_message, translator

__all__ = ["LANGUAGES", "best_language", "explain", "kept_message", "translator"]
