"""How a SECURITY DEFINER function of PostgreSQL is written: fixed search path, one SQL statement, the context's ids."""

from __future__ import annotations

from dataclasses import dataclass

TENANT = "(SELECT nullif(current_setting('quantlab.tenant_id', true), '')::uuid)"
USER = "(SELECT nullif(current_setting('quantlab.user_id', true), '')::uuid)"


@dataclass(frozen=True, slots=True)
class Function:
    """A function by its name, arguments, result and body (one SQL statement)."""

    name: str
    arguments: str
    result: str
    volatility: str
    body: str

    @property
    def signature(self) -> str:
        """``name(types)``, as GRANT and DROP take it."""
        kinds = ", ".join(part.split()[-1] for part in self.arguments.split(",") if part.strip())
        return f"{self.name}({kinds})"

    def create(self) -> str:
        """The statement that makes it."""
        return (
            f"CREATE OR REPLACE FUNCTION public.{self.name}({self.arguments}) RETURNS {self.result}"
            f" LANGUAGE sql {self.volatility} SECURITY DEFINER PARALLEL UNSAFE"
            f" SET search_path = pg_catalog, pg_temp AS $quantlab$ {self.body} $quantlab$"
        )
