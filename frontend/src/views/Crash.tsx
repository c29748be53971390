import { Button } from "@mantine/core";
import { Component, type ReactElement, type ReactNode } from "react";

import { toErrorBody } from "../api/errors";
import type { ErrorBody } from "../api/types";
import { useText } from "../text";
import classes from "./App.module.css";
import { ErrorNote } from "./ErrorNote";

interface CrashState {
  error: ErrorBody | null;
}

/** What is left when the page itself fails. */
export class Crash extends Component<{ children: ReactNode }, CrashState> {
  override state: CrashState = { error: null };

  static getDerivedStateFromError(error: unknown): CrashState {
    return { error: toErrorBody(error) };
  }

  override render(): ReactNode {
    return this.state.error ? <Crashed error={this.state.error} /> : this.props.children;
  }
}

function Crashed({ error }: { error: ErrorBody }): ReactElement {
  const text = useText();
  return (
    <main className={classes.centre}>
      <ErrorNote title={text.errors.crashed} error={error} />
      <Button variant="default" onClick={() => location.reload()}>
        {text.errors.reload}
      </Button>
    </main>
  );
}
