import { ActionIcon, Button, Select, type ComboboxData } from "@mantine/core";
import type { ReactElement } from "react";

import type { Description, ModelDescription, TargetChoice } from "../api/types";
import { classNames, classOptions } from "../state/classes";
import { composed, functionOf, partsOf, readClass, readTarget, writeTarget, type ClassParts } from "../state/target";
import { errorText, useText, type Text } from "../text";
import { useChangeColumn } from "../views/columns";
import { useForecast, useSubject } from "../views/workspace";
import { CLASS_SEARCH, SHOWN } from "./classSearch";
import { FieldError, Group, Help } from "./Field";
import field from "./Field.module.css";

const ALONE = "";
const VALUE: TargetChoice = "predicted";

/** What can be explained of a model, as options of a drop-down: `writeTarget` makes their values. */
export function targetOptions(
  text: Text,
  description: Description,
  model: ModelDescription,
  isOffered: (value: string) => boolean,
): ComboboxData {
  const single = model.outputs === 1;
  const named = (
    single
      ? [{ value: writeTarget(VALUE), label: text.outputs.value }]
      : [
          { value: "predicted", label: text.settings.targetPredicted },
          { value: "runner_up", label: text.target.runnerUp },
          { value: "label", label: text.settings.targetLabel },
          { value: writeTarget({ of: "predicted", against: "runner_up" }), label: text.target.againstRunnerUp },
        ]
  ).filter(({ value }) => isOffered(value));
  const functions = (model.targets ?? [])
    .map((name) => ({ value: writeTarget({ function: name }), label: name }))
    .filter(({ value }) => isOffered(value));
  const items = single ? [] : classOptions(classNames(description, [model])).filter(({ value }) => isOffered(value));
  return [
    ...named,
    ...(functions.length > 0 ? [{ group: text.outputs.functions, items: functions }] : []),
    ...(items.length > 0 ? [{ group: text.settings.classes, items }] : []),
  ];
}

/** What is explained: whose class, or which function of the output, and of which quantity. */
export function TargetSelect(): ReactElement | null {
  const text = useText();
  const change = useChangeColumn();
  const { description, settings } = useSubject();
  const forecast = useForecast();
  const { model, target } = settings;
  const hasClasses = model.outputs !== 1;
  const hasFunctions = (model.targets ?? []).length > 0;
  if (!hasClasses && !hasFunctions && !description.has_score) return null;
  if (!settings.method.takes_target) {
    return (
      <Group title={text.settings.target}>
        <Help>{text.settings.targetNone}</Help>
      </Group>
    );
  }
  const error = forecast.errors.target;
  const parts = partsOf(target);
  const data = targetOptions(text, description, model, (value) => !value.includes("~"));
  const choose = (value: string): void => {
    const chosen = readTarget(value) ?? VALUE;
    const of = partsOf(chosen)?.of;
    change({ target: of === undefined || !parts ? chosen : composed({ ...parts, of }) });
  };
  const shown = parts ? (hasClasses ? String(parts.of) : writeTarget(VALUE)) : writeTarget(target);

  return (
    <Group title={text.settings.target}>
      {(hasClasses || hasFunctions) && (
        <Select
          aria-label={text.settings.target}
          description={targetHelp(text, target)}
          inputWrapperOrder={["label", "input", "description", "error"]}
          data={data}
          value={shown}
          {...CLASS_SEARCH}
          allowDeselect={false}
          nothingFoundMessage={text.settings.noClass}
          error={error ? errorText(text, error) : null}
          onChange={(value) => value !== null && choose(value)}
        />
      )}
      {error && !hasClasses && !hasFunctions && <FieldError>{errorText(text, error)}</FieldError>}
      {hasClasses && parts && <Rival parts={parts} />}
      {model.map_shape && parts && (
        <Help>
          {parts.region === null ? text.outputs.mapHelp : text.outputs.region(parts.region)}{" "}
          {parts.region !== null && (
            <Button
              variant="subtle"
              size="compact-xs"
              onClick={() => change({ target: composed({ ...parts, region: null }) })}
            >
              {text.outputs.everywhere}
            </Button>
          )}
        </Help>
      )}
      {settings.ask.retargets.length > 0 && (
        <Help>
          {text.settings.clearRetargets(settings.ask.retargets.length)}{" "}
          <Button variant="subtle" size="compact-xs" onClick={() => change({ retargets: [] })}>
            {text.settings.clear}
          </Button>
        </Help>
      )}
      {description.has_score && parts && (
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

/** The class that is set against the one explained. */
function Rival({ parts }: { parts: ClassParts }): ReactElement {
  const text = useText();
  const change = useChangeColumn();
  const { description, settings } = useSubject();
  const { of, against, region } = parts;
  const classes = classOptions(classNames(description, [settings.model]));
  const isRival = (value: string): boolean => readClass(value) !== null && value !== String(of);
  const set = (next: Omit<ClassParts, "region">): void => change({ target: composed({ ...next, region }) });
  return (
    <>
      <div className={field.pair}>
        <Select
          label={text.target.ratherThan}
          data={[
            { value: ALONE, label: text.target.alone },
            ...targetOptions(text, description, settings.model, isRival),
          ]}
          value={against === null ? ALONE : String(against)}
          {...CLASS_SEARCH}
          allowDeselect={false}
          nothingFoundMessage={text.settings.noClass}
          onChange={(value) => value !== null && set({ of, against: value === ALONE ? null : readClass(value) })}
        />
        {against !== null && (
          <ActionIcon
            variant="default"
            size="lg"
            aria-label={text.target.swap}
            title={text.target.swap}
            onClick={() => set({ of: against, against: of })}
          >
            ⇅
          </ActionIcon>
        )}
      </div>
      {against === null && (
        <Button variant="subtle" size="compact-xs" onClick={() => set({ of: "predicted", against: "runner_up" })}>
          {text.target.againstRunnerUp}
        </Button>
      )}
      {classes.length > SHOWN && <Help>{text.target.narrow(classes.length)}</Help>}
    </>
  );
}

function targetHelp(text: Text, target: TargetChoice): string {
  if (functionOf(target) !== null) return text.outputs.functionHelp;
  return partsOf(target)?.of === "predicted" ? text.settings.targetPredictedHelp : text.settings.targetHelp;
}

function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
