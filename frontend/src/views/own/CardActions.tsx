import { ActionIcon, Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState, type ReactElement } from "react";

import { toErrorBody } from "../../api/errors";
import { keys } from "../../api/queries";
import { removeSample } from "../../api/routes";
import type { ErrorBody, Sample } from "../../api/types";
import { Cross } from "../../controls/icons";
import { isOwn } from "../../state/own";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { ErrorNote } from "../ErrorNote";
import { useSubject } from "../workspace";
import { nameOf } from "./SampleName";
import classes from "./own.module.css";
import { useEditable, useOwnList } from "./uploads";

const EditDialog = lazy(() => import("../edit/EditDialog"));

/** Editing a sample, and removing one of one's own. */
export function CardActions({ sample }: { sample: Sample }): ReactElement {
  const text = useText();
  const { description } = useSubject();
  const [editing, setEditing] = useState(false);
  const name = nameOf(text, sample, description);
  const editable = useEditable(sample).length > 0;
  return (
    <div className={classes.actions}>
      {editable && (
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          aria-label={text.edit.buttonFor(name)}
          data-testid={TESTID.edit}
          onClick={() => setEditing(true)}
        >
          {text.edit.button}
        </Button>
      )}
      {isOwn(sample.index) && <Remove sample={sample} name={name} />}
      {editing && (
        <Suspense fallback={null}>
          <EditDialog sample={sample} onClose={() => setEditing(false)} />
        </Suspense>
      )}
    </div>
  );
}

function Remove({ sample, name }: { sample: Sample; name: string }): ReactElement {
  const text = useText();
  const client = useQueryClient();
  const { explorer } = useSubject();
  const { hide } = useOwnList();
  const [error, setError] = useState<ErrorBody | null>(null);
  const remove = (): void => {
    removeSample(explorer.id, sample.index).then(
      () => {
        hide(sample.index);
        client.removeQueries({ queryKey: keys.own(explorer.id, sample.index) });
      },
      (failure: unknown) => setError(toErrorBody(failure)),
    );
  };
  return (
    <>
      {error && <ErrorNote compact title={text.own.removeFailed} error={error} onRetry={remove} />}
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={text.own.remove(name)} onClick={remove}>
        <Cross />
      </ActionIcon>
    </>
  );
}
