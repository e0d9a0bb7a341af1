"""The marks by which pluggy knows hooks and their implementations."""

import pluggy

NAMESPACE = "blogengine"
hookspec = pluggy.HookspecMarker(NAMESPACE)
hookimpl = pluggy.HookimplMarker(NAMESPACE)
