"""What an app consists of, so that two can be compared."""

from collections import Counter
from collections.abc import Mapping

from blogengine.app import BlogFlask


def parts_of(app: BlogFlask) -> Counter[str]:
    """Return what an app consists of, each part as a text."""
    parts: Counter[str] = Counter()
    for rule in app.url_map.iter_rules():
        parts[f"the route {rule.rule} ({', '.join(sorted(rule.methods or ()))})"] += 1
    for name in dir(app.blog):
        value = getattr(app.blog, name)
        if not name.startswith("_") and isinstance(value, Mapping):
            parts.update(f"{name}: {key}" for key in value)
        elif not name.startswith("_") and isinstance(value, list | tuple):
            parts[f"something in {name}"] += len(value)
    parts.update(f"settings of {name}" for name in app.blog.plugins.settings_classes)
    parts.update(f"the filter {name}" for name in app.jinja_env.filters)
    parts.update(f"the global {name}" for name in app.jinja_env.globals)
    for name, value in app.extensions.items():
        if isinstance(value, Mapping):
            parts.update(f"{name}: {key}" for key in value)
    for kind in ("before_request_funcs", "after_request_funcs", "template_context_processors"):
        parts[f"a function in {kind}"] += sum(map(len, getattr(app, kind).values()))
    manager = app.blog.plugins.pluggy_manager
    parts.update(f"a plugin {name}" for name, _ in manager.list_name_plugin())
    return parts
