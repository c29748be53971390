import { Button, Select } from "@mantine/core";
import type { ReactElement } from "react";

import { classNames, classOptions } from "../state/classes";
import { changePage, useAsk } from "../state/services";
import { errorText, useText } from "../text";
import { useWorkspace } from "../views/workspace";
import { Group, Help } from "./Field";

/** What is explained: whose class, and of which quantity. */
export function TargetSelect(): ReactElement | null {
  const text = useText();
  const ask = useAsk();
  const { description, settings, forecast } = useWorkspace();
  const hasClasses = settings.models.some(({ outputs }) => outputs !== 1);
  if (!hasClasses && !description.has_score) return null;
  if (!settings.method.takes_target) {
    return (
      <Group title={text.settings.target}>
        <Help>{text.settings.targetNone}</Help>
      </Group>
    );
  }
  const error = forecast.errors.target;

  const classes = classOptions(classNames(description, settings.models));
  const data = [
    { value: "predicted", label: text.settings.targetPredicted },
    { value: "label", label: text.settings.targetLabel },
    ...(classes.length > 0 ? [{ group: text.settings.classes, items: classes }] : []),
  ];

  return (
    <Group title={text.settings.target}>
      {hasClasses && (
        <>
          <Select
            aria-label={text.settings.target}
            description={settings.target === "predicted" ? text.settings.targetPredictedHelp : text.settings.targetHelp}
            inputWrapperOrder={["label", "input", "description", "error"]}
            data={data}
            value={String(settings.target)}
            searchable
            allowDeselect={false}
            limit={200}
            nothingFoundMessage={text.settings.noClass}
            error={error ? errorText(text, error) : null}
            onChange={(value) =>
              value !== null &&
              changePage({ ask: { target: value === "predicted" || value === "label" ? value : Number(value) } })
            }
          />
          {ask.retargets.length > 0 && (
            <Help>
              {text.settings.clearRetargets(ask.retargets.length)}{" "}
              <Button variant="subtle" size="compact-xs" onClick={() => changePage({ ask: { retargets: [] } })}>
                {text.settings.clear}
              </Button>
            </Help>
          )}
        </>
      )}
      {description.has_score && (
        <Select
          label={text.settings.quantity}
          data={[
            { value: "output", label: text.settings.quantityOutput },
            { value: "score", label: capitalised(description.score_name) },
          ]}
          value={settings.quantity}
          allowDeselect={false}
          onChange={(value) =>
            value !== null && changePage({ ask: { quantity: value === "score" ? "score" : "output" } })
          }
        />
      )}
    </Group>
  );
}

function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
