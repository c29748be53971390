import { Button } from "@mantine/core";
import { useEffect, useRef, useState, type ReactElement } from "react";

import type { Sample } from "../../api/types";
import { DisplayBar } from "../../controls/DisplayBar";
import { Screen } from "../../controls/icons";
import { useDisplay } from "../../state/services";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { useColumnsOf } from "../columns";
import { LookedHead, NotThere } from "../Looked";
import { look, lookAtAll, useLookedAt } from "../looking";
import { useSharedLimits } from "../shared";
import bars from "../Workbench.module.css";
import classes from "./DetailView.module.css";
import { Inspected } from "./Inspected";
import { createMarks, MarksProvider, type MarksStore } from "./marks";

/** One sample large, and all that its maps have to say. */
export default function DetailView(): ReactElement {
  const text = useText();
  const looked = useLookedAt();
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    window.scrollTo({ top: 0 });
    ref.current?.focus({ preventScroll: true });
  }, []);
  const { sample } = looked;
  return (
    <section ref={ref} tabIndex={-1} className={classes.view} aria-label={text.detail.open} data-testid={TESTID.detail}>
      <div className={bars.bars}>
        <LookedHead sample={sample} leave={{ label: text.detail.back, go: lookAtAll }}>
          <Button
            size="xs"
            variant="default"
            leftSection={<Screen />}
            onClick={() => look("present", sample?.index ?? null)}
          >
            {text.detail.present}
          </Button>
        </LookedHead>
        <DisplayBar />
      </div>
      {sample ? <Columns sample={sample} /> : <NotThere looked={looked} />}
    </section>
  );
}

/** Every sample has marks of its own. */
function useMarksOf(sample: number): MarksStore {
  const [kept, keep] = useState(() => ({ sample, marks: createMarks() }));
  if (kept.sample === sample) return kept.marks;
  const fresh = { sample, marks: createMarks() };
  keep(fresh);
  return fresh.marks;
}

function Columns({ sample }: { sample: Sample }): ReactElement {
  const columns = useColumnsOf()(sample);
  const display = useDisplay();
  const sharedLimits = useSharedLimits();
  const marks = useMarksOf(sample.index);
  return (
    <MarksProvider value={marks}>
      <div className={classes.columns}>
        {columns.map((column, i) => (
          <Inspected
            key={column.settings.id}
            sample={sample}
            column={column}
            display={display}
            sharedLimits={sharedLimits}
            first={i === 0}
            titled={columns.length > 1}
          />
        ))}
      </div>
    </MarksProvider>
  );
}
