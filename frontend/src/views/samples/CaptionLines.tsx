import type { ReactElement } from "react";

import type { ResultInfo } from "../../api/types";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { describeCompleteness, describeResult } from "../../text/describe";
import { useSubject } from "../workspace";
import classes from "./SampleCard.module.css";

interface CaptionLinesProps {
  info: ResultInfo;
  /** Whether the map was made with the present settings. */
  current: boolean;
  /** Whether its colours end where those of the other maps do. */
  shared: boolean;
}

/** What a map explains, how it was made, and how far it adds up. */
export function CaptionLines({ info, current, shared }: CaptionLinesProps): ReactElement {
  const text = useText();
  const { description } = useSubject();
  const { how, what } = describeResult(text, info, description);
  const sum = describeCompleteness(text, info, description);
  return (
    <div className={classes.caption} data-testid={TESTID.caption} data-current={current}>
      <p className={classes.what}>
        {!current && <span className={classes.earlier}>{text.map.earlier}</span>}
        {what}
      </p>
      <p>
        {how} · {shared ? text.map.sharedScale : text.map.ownScale}
      </p>
      {sum && (
        <p data-testid={TESTID.completeness} data-wide={sum.advice !== null} className={classes.completeness}>
          {sum.words}
          {sum.advice !== null && (
            <>
              {" · "}
              <strong>{sum.advice}</strong>
            </>
          )}
        </p>
      )}
      {info.notices.map((notice) => (
        <p key={notice.code} className={classes.noticeLine}>
          {notice.message}
        </p>
      ))}
    </div>
  );
}
