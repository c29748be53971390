import { ActionIcon, TextInput, Select } from "@mantine/core";
import { useState, type KeyboardEvent, type ReactElement } from "react";

import { isFiltered, ORDERS } from "../state/page";
import { changePage, useBrowse } from "../state/services";
import { useText } from "../text";
import { OwnButton } from "../views/own/OwnButton";
import { GO_TO } from "../views/keyboard";
import { usePageSteps } from "../views/looking";
import { useShown, useSubject } from "../views/workspace";
import classes from "./Bars.module.css";
import { FilterMenu } from "./FilterMenu";
import { ChevronLeft, ChevronRight } from "./icons";
import { NumberField } from "./NumberField";
import { readNumber } from "./number";

/** Which samples are shown, in which order. */
export function BrowseBar(): ReactElement {
  const text = useText();
  const browse = useBrowse();
  const { description, count, k, explorer, models } = useSubject();
  const plain = browse.order === "dataset" && !isFiltered(browse);
  const judges = models.length > 1 && !plain;

  return (
    <section className={classes.bar} aria-label={text.browse.region} data-crowded={judges}>
      <Steps plain={plain} />
      <GoTo plain={plain} />
      <label className={classes.item}>
        <span className={classes.wide}>{text.browse.order}</span>
        <Select
          size="xs"
          w={172}
          data={ORDERS.map((order) => ({ value: order, label: text.browse.orders[order] }))}
          value={browse.order}
          allowDeselect={false}
          aria-label={text.browse.order}
          onChange={(value) => {
            const order = ORDERS.find((candidate) => candidate === value);
            if (order) changePage({ browse: { order, start: 0 } }, { step: true });
          }}
        />
      </label>
      <FilterMenu />
      <OwnButton />
      {judges && (
        <label className={classes.item}>
          <span>{text.browse.by}</span>
          <Select
            size="xs"
            w={140}
            aria-label={text.browse.by}
            data={description.models.map(({ name }) => name)}
            value={browse.by ?? models[0]?.name ?? null}
            allowDeselect={false}
            onChange={(by) => changePage({ browse: { by, start: 0 } })}
          />
        </label>
      )}
      <div className={classes.end}>
        <label className={classes.item}>
          <span>{text.browse.count}</span>
          <NumberField
            terse
            size="xs"
            w={64}
            aria-label={text.browse.count}
            value={browse.count === null ? null : count}
            usual={count}
            min={1}
            max={explorer.limits.samples}
            onChange={(value) => changeCount("count", value, explorer.limits.samples)}
          />
        </label>
        <label className={classes.item}>
          <span>{text.browse.k}</span>
          <NumberField
            terse
            size="xs"
            w={58}
            aria-label={text.browse.kLabel}
            value={browse.k === null ? null : k}
            usual={k}
            min={1}
            max={explorer.limits.k}
            onChange={(value) => changeCount("k", value, explorer.limits.k)}
          />
        </label>
      </div>
    </section>
  );
}

/** Out of bounds is brought to the bound: these only say how much is shown. */
function changeCount(name: "count" | "k", value: number | null, most: number): void {
  changePage({ browse: { [name]: value === null ? null : Math.min(Math.max(Math.round(value), 1), most) } });
}

function Steps({ plain }: { plain: boolean }): ReactElement {
  const text = useText();
  const browse = useBrowse();
  const { page } = useShown().samples;
  const items = page?.items ?? [];
  const { previous, next } = usePageSteps();
  const first = items[0];
  const last = items[items.length - 1];
  const range =
    !first || !last || !page
      ? text.browse.none
      : plain
        ? text.browse.range(first.index, last.index)
        : text.browse.places(browse.start + 1, browse.start + items.length, page.matched);
  return (
    <div className={classes.steps}>
      <ActionIcon
        variant="default"
        size="md"
        aria-label={text.browse.previous}
        disabled={previous === null}
        onClick={() => previous?.()}
      >
        <ChevronLeft />
      </ActionIcon>
      <span className={classes.range} aria-live="polite">
        {range}
      </span>
      <ActionIcon
        variant="default"
        size="md"
        aria-label={text.browse.next}
        disabled={next === null}
        onClick={() => next?.()}
      >
        <ChevronRight />
      </ActionIcon>
    </div>
  );
}

/** A sample's number in the dataset's order; a place from 1 among matches. */
function GoTo({ plain }: { plain: boolean }): ReactElement {
  const text = useText();
  const [typed, setTyped] = useState("");
  const label = plain ? text.browse.goTo : text.browse.goToPlace;
  const least = plain ? 0 : 1;
  const place = readNumber(typed);
  const isPlace = place !== null && Number.isInteger(place) && place >= least;
  const wrong = typed.trim() === "" || isPlace ? null : text.browse.noPlace(typed, least);
  const go = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || !isPlace) return;
    event.preventDefault();
    changePage({ browse: { start: place - least } }, { step: true });
    setTyped("");
  };
  return (
    <TextInput
      size="xs"
      w={108}
      inputMode="numeric"
      autoComplete="off"
      placeholder={label}
      aria-label={label}
      error={wrong !== null}
      title={wrong ?? undefined}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onKeyDown={go}
      data-shortcut={GO_TO}
    />
  );
}
