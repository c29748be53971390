import { ActionIcon } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReactElement } from "react";

import { toErrorBody } from "../api/errors";
import { reloadExplorer } from "../api/routes";
import type { ExplorerSummary } from "../api/types";
import { Reload } from "../controls/icons";
import { TESTID } from "../testids";
import { useText } from "../text";
import { ErrorNote } from "./ErrorNote";
import classes from "./Header.module.css";

/** Starts the explorer anew with its file as it is now. */
export function ReloadButton({ explorer }: { explorer: ExplorerSummary }): ReactElement {
  const text = useText();
  const reload = useMutation({ mutationFn: reloadExplorer });
  const busy = reload.isPending || explorer.state === "loading";
  return (
    <>
      <ActionIcon
        variant="subtle"
        size="lg"
        aria-label={text.reload.button}
        title={text.reload.button}
        loading={busy}
        data-testid={TESTID.reload}
        onClick={() => reload.mutate(explorer.id)}
      >
        <Reload />
      </ActionIcon>
      {reload.error && (
        <div className={classes.problem}>
          <ErrorNote
            title={text.reload.failed}
            error={toErrorBody(reload.error)}
            action={text.reload.dismiss}
            onRetry={reload.reset}
          />
        </div>
      )}
    </>
  );
}
