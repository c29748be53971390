import { Button } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";

import type { Edit, Sample } from "../../api/types";
import { useText } from "../../text";
import { ErrorNote } from "../ErrorNote";
import { OwnNotices } from "../own/SampleName";
import { useSubject } from "../workspace";
import classes from "./edit.module.css";
import { Scores } from "./Scores";
import { useKeep, type Live } from "./useDraft";

interface EditFrameProps {
  sample: Sample;
  /** Null while nothing differs. */
  edit: Edit | null;
  live: Live;
  /** Whether there is nothing to compare with. */
  fresh?: boolean;
  /** What is edited. */
  left: ReactNode;
  /** How. */
  children?: ReactNode;
  explain: string;
  onClose: () => void;
}

/** What every editor has: the edit at the left; its controls, what is predicted, and keeping it at the right. */
export function EditFrame(props: EditFrameProps): ReactElement {
  const { sample, edit, live, fresh = false, left, children, explain, onClose } = props;
  const text = useText();
  const { models } = useSubject();
  const keep = useKeep(sample, onClose);
  return (
    <div className={classes.editor}>
      <div className={classes.left}>{left}</div>
      <div className={classes.right}>
        {children}
        <section aria-label={text.edit.predictions} className={classes.group}>
          {models.map((model) => (
            <Scores
              key={model.name}
              before={fresh ? null : (sample.predictions[model.name] ?? [])}
              model={model}
              titled={models.length > 1}
              edited={edit === null ? null : live.found}
              stale={live.stale}
            />
          ))}
          {edit && live.found && !live.error && <OwnNotices sample={live.found} />}
          {edit && live.error && <ErrorNote compact title={text.edit.failed} error={live.error} onRetry={live.retry} />}
        </section>
        {keep.error && <ErrorNote compact title={text.edit.explainFailed} error={keep.error} />}
        <div className={classes.finish}>
          <Button disabled={edit === null} loading={keep.busy} onClick={() => edit && keep.run(edit)}>
            {explain}
          </Button>
          <span className={classes.help}>{fresh ? text.edit.explainFresh : text.edit.explainHelp}</span>
        </div>
      </div>
    </div>
  );
}
