import { ActionIcon, Button, Select, type ComboboxData } from "@mantine/core";
import type { ReactElement } from "react";

import type { Description, ModelDescription } from "../api/types";
import { classNames, classOptions } from "../state/classes";
import { isContrast, readClass, writeTarget, type ClassChoice } from "../state/target";
import { errorText, useText, type Text } from "../text";
import { useChangeColumn } from "../views/columns";
import { useForecast, useSubject } from "../views/workspace";
import { CLASS_SEARCH, SHOWN } from "./classSearch";
import { Group, Help } from "./Field";
import field from "./Field.module.css";

const ALONE = "";

/** What can be explained of a model, as options of a drop-down: `writeTarget` makes their values. */
export function targetOptions(
  text: Text,
  description: Description,
  model: ModelDescription,
  isOffered: (value: string) => boolean,
): ComboboxData {
  const named = [
    { value: "predicted", label: text.settings.targetPredicted },
    { value: "runner_up", label: text.target.runnerUp },
    { value: "label", label: text.settings.targetLabel },
    { value: writeTarget({ of: "predicted", against: "runner_up" }), label: text.target.againstRunnerUp },
  ].filter(({ value }) => isOffered(value));
  const items = classOptions(classNames(description, [model])).filter(({ value }) => isOffered(value));
  return items.length > 0 ? [...named, { group: text.settings.classes, items }] : named;
}

/** What is explained: whose class, and of which quantity. */
export function TargetSelect(): ReactElement | null {
  const text = useText();
  const change = useChangeColumn();
  const { description, settings } = useSubject();
  const forecast = useForecast();
  const hasClasses = settings.model.outputs !== 1;
  if (!hasClasses && !description.has_score) return null;
  if (!settings.method.takes_target) {
    return (
      <Group title={text.settings.target}>
        <Help>{text.settings.targetNone}</Help>
      </Group>
    );
  }
  const error = forecast.errors.target;

  const classes = classOptions(classNames(description, [settings.model]));
  const [of, against]: [ClassChoice, ClassChoice | null] = isContrast(settings.target)
    ? [settings.target.of, settings.target.against]
    : [settings.target, null];
  const choose = (one: ClassChoice, rival: ClassChoice | null): void =>
    change({ target: rival === null || rival === one ? one : { of: one, against: rival } });
  const data = targetOptions(text, description, settings.model, (value) => !value.includes("~"));

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
          <div className={field.pair}>
            <Select
              label={text.target.ratherThan}
              data={[
                { value: ALONE, label: text.target.alone },
                ...targetOptions(
                  text,
                  description,
                  settings.model,
                  (value) => !value.includes("~") && value !== String(of),
                ),
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
          {settings.ask.retargets.length > 0 && (
            <Help>
              {text.settings.clearRetargets(settings.ask.retargets.length)}{" "}
              <Button variant="subtle" size="compact-xs" onClick={() => change({ retargets: [] })}>
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
          onChange={(value) => value !== null && change({ quantity: value === "score" ? "score" : "output" })}
        />
      )}
    </Group>
  );
}

function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
