"""The blog's settings and its plugins' states: what is stored, read into a `Setup`; every change makes a new one."""

from blogengine.pagecache import SETUP_TAG
from blogengine.settings.costs import CostRow
from blogengine.settings.costs import PagesMade
from blogengine.settings.costs import PersonalRow
from blogengine.settings.costs import costs
from blogengine.settings.costs import forget_costs
from blogengine.settings.costs import pages_made
from blogengine.settings.costs import personal_pages
from blogengine.settings.costs import store_costs
from blogengine.settings.failures import failure_counts
from blogengine.settings.failures import failures_of
from blogengine.settings.failures import forget_failures
from blogengine.settings.failures import store_failures
from blogengine.settings.failures import switch_off
from blogengine.settings.plugin_settings import reset_plugin_settings
from blogengine.settings.plugin_settings import save_plugin_settings
from blogengine.settings.plugin_settings import settings_class
from blogengine.settings.plugin_states import disable
from blogengine.settings.plugin_states import enable
from blogengine.settings.plugin_states import save_order
from blogengine.settings.plugin_states import states
from blogengine.settings.site import AUTHORS
from blogengine.settings.site import is_blank
from blogengine.settings.site import load_setup
from blogengine.settings.site import plugin_prefix
from blogengine.settings.site import save_site
from blogengine.settings.site import save_theme_settings

__all__ = [
    "AUTHORS",
    "SETUP_TAG",
    "CostRow",
    "PagesMade",
    "PersonalRow",
    "costs",
    "disable",
    "enable",
    "failure_counts",
    "failures_of",
    "forget_costs",
    "forget_failures",
    "is_blank",
    "load_setup",
    "pages_made",
    "personal_pages",
    "plugin_prefix",
    "reset_plugin_settings",
    "save_order",
    "save_plugin_settings",
    "save_site",
    "save_theme_settings",
    "settings_class",
    "states",
    "store_costs",
    "store_failures",
    "switch_off",
]
