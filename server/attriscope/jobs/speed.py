"""How long evaluations take, learned from what ran; ETAs come from here."""

from __future__ import annotations

from attriscope.workers.messages import Cost

_WEIGHT_OF_NEW = 0.5
_MOST_SLOWER = 3.0
_BACKWARD_IN_FORWARDS = 2.0


def units(cost: Cost) -> float:
    """Work in units of one forward pass: a backward pass computes two products where a forward pass computes one."""
    return cost.forward + _BACKWARD_IN_FORWARDS * cost.backward


class Speed:
    """Seconds per unit for each model and, once it has run, for each method on it; of every device and of all."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[str, str, str], float] = {}

    def learn(self, model: str, method: str, work: float, seconds: float, device: str = "") -> None:
        if work <= 0:
            return
        for key in {(model, name, place) for name in (method, "") for place in (device, "")}:
            new, old = seconds / work, self._seconds.get(key)
            # Once the machine stood still: what is refused for that is never measured again.
            new = new if old is None else min(new, _MOST_SLOWER * old)
            self._seconds[key] = new if old is None else old + _WEIGHT_OF_NEW * (new - old)

    def seconds(self, model: str, method: str, work: float, device: str = "") -> float | None:
        """Seconds that `work` units take (on `device`); None until the model has run at all (there)."""
        rate = self._seconds.get((model, method, device), self._seconds.get((model, "", device)))
        return None if rate is None else rate * work
