import { ActionIcon, Button, Select } from "@mantine/core";
import type { ReactElement } from "react";

import { classNames, classOptions } from "../state/classes";
import { changePage, useAsk } from "../state/services";
import { isContrast, readClass, type ClassChoice } from "../state/target";
import { errorText, useText } from "../text";
import { useWorkspace } from "../views/workspace";
import { CLASS_SEARCH, SHOWN } from "./classSearch";
import { Group, Help } from "./Field";
import classesOf from "./TargetSelect.module.css";

const ALONE = "";

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
  const [of, against]: [ClassChoice, ClassChoice | null] = isContrast(settings.target)
    ? [settings.target.of, settings.target.against]
    : [settings.target, null];
  const choose = (one: ClassChoice, rival: ClassChoice | null): void =>
    changePage({ ask: { target: rival === null || rival === one ? one : { of: one, against: rival } } });
  const data = [
    { value: "predicted", label: text.settings.targetPredicted },
    { value: "runner_up", label: text.target.runnerUp },
    { value: "label", label: text.settings.targetLabel },
    ...(classes.length > 0 ? [{ group: text.settings.classes, items: classes }] : []),
  ];

  return (
    <Group title={text.settings.target}>
      {hasClasses && (
        <>
          <Select
            aria-label={text.settings.target}
            description={of === "predicted" ? text.settings.targetPredictedHelp : text.settings.targetHelp}
            inputWrapperOrder={["label", "input", "description", "error"]}
            data={data}
            value={String(of)}
            {...CLASS_SEARCH}
            allowDeselect={false}
            nothingFoundMessage={text.settings.noClass}
            error={error ? errorText(text, error) : null}
            onChange={(value) => value !== null && choose(readClass(value) ?? "predicted", against)}
          />
          <div className={classesOf.rival}>
            <Select
              label={text.target.ratherThan}
              data={[
                { value: ALONE, label: text.target.alone },
                ...data
                  .map((entry) =>
                    "items" in entry
                      ? { ...entry, items: entry.items.filter(({ value }) => value !== String(of)) }
                      : entry,
                  )
                  .filter((entry) => "items" in entry || entry.value !== String(of)),
              ]}
              value={against === null ? ALONE : String(against)}
              {...CLASS_SEARCH}
              allowDeselect={false}
              nothingFoundMessage={text.settings.noClass}
              onChange={(value) => value !== null && choose(of, value === ALONE ? null : readClass(value))}
            />
            {against !== null && (
              <ActionIcon
                variant="default"
                size="lg"
                aria-label={text.target.swap}
                title={text.target.swap}
                onClick={() => choose(against, of)}
              >
                ⇅
              </ActionIcon>
            )}
          </div>
          {against === null && (
            <Button variant="subtle" size="compact-xs" onClick={() => choose("predicted", "runner_up")}>
              {text.target.againstRunnerUp}
            </Button>
          )}
          {classes.length > SHOWN && <Help>{text.target.narrow(classes.length)}</Help>}
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
