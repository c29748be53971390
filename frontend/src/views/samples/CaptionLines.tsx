import type { ReactElement } from "react";

import type { ResultInfo } from "../../api/types";
import { TESTID } from "../../testids";
import { noticeText, useText } from "../../text";
import { describeCompleteness, describeResult, type Making } from "../../text/describe";
import { useSubject } from "../workspace";
import classes from "./SampleCard.module.css";

interface CaptionLinesProps {
  info: ResultInfo;
  /** Whether it was made by what was loaded before. */
  before: boolean;
  /** Whether the map was made with the present settings. */
  current: boolean;
  /** Whether its colours end where those of the other maps do. */
  shared: boolean;
}

/** What a map explains, how it was made, and how far it adds up. */
export function CaptionLines({ info, before, current, shared }: CaptionLinesProps): ReactElement {
  const text = useText();
  const { description } = useSubject();
  const { how, what } = describeResult(text, info, description);
  const sum = describeCompleteness(text, info, description);
  return (
    <div className={classes.caption} data-testid={TESTID.caption} data-current={current && !before}>
      <p className={classes.what}>
        {before && <span className={classes.earlier}>{text.map.beforeReload}</span>}
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
          {noticeText(text, notice)}
        </p>
      ))}
    </div>
  );
}

interface PartialCaptionProps {
  making: Making;
  share: number;
}

/** What an estimate explains and how far it is. */
export function PartialCaption({ making, share }: PartialCaptionProps): ReactElement {
  const text = useText();
  const { description } = useSubject();
  const { how, what } = describeResult(text, making, description);
  return (
    <div className={classes.caption} data-testid={TESTID.caption} data-current="false">
      <p className={classes.what}>
        <span className={classes.earlier}>{text.map.partial(Math.floor(100 * share))}</span>
        {what}
      </p>
      <p>
        {how} · {text.map.ownScale}
      </p>
    </div>
  );
}
