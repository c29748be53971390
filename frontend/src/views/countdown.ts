import { useEffect, useState } from "react";

const TICK = 250;

/** Whole seconds until a moment, counting down to 0; null without one. */
export function useCountdown(until: number | null): number | null {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (until === null) return;
    const timer = setInterval(() => setNow(Date.now()), TICK);
    return () => clearInterval(timer);
  }, [until]);
  return until === null ? null : Math.max(Math.ceil((until - now) / 1000), 0);
}
