import { Loader, type LoaderProps } from "@mantine/core";
import { useEffect, useState, type ReactElement } from "react";

const DELAY = 400;

/** Turns beside what takes noticeably long. Turning costs frames, which what is over sooner needs for itself. */
export function Spinner(props: Pick<LoaderProps, "size" | "color">): ReactElement | null {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), DELAY);
    return () => clearTimeout(timer);
  }, []);
  return late ? <Loader {...props} aria-hidden="true" /> : null;
}
