"""Who may make an account here: everybody, who was invited, or nobody."""

from __future__ import annotations

from quantlab_server.errors import Forbidden


def require_admission(registration: str, *, invited: bool = False) -> None:
    """Let somebody sign up, or not. The one place that knows the setting's meaning.

    Args:
        registration: ``open``, ``invitation`` or ``closed``.
        invited: the caller holds an invitation that was checked.

    Raises:
        Forbidden: ``registration_closed``, or ``invitation_required``.
    """
    if registration == "open" or (registration == "invitation" and invited):
        return
    if registration == "invitation":
        raise Forbidden(
            "Signing up needs an invitation here. Ask an administrator for one.",
            code="invitation_required",
        )
    raise Forbidden("Signing up is closed here.", code="registration_closed")
