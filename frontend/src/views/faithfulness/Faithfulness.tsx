import type { ReactElement } from "react";

import type { Sample } from "../../api/types";
import type { Finished } from "../../state/evaluations";
import { CurvesCheck } from "./CurvesCheck";
import classes from "./Faithfulness.module.css";
import { RandomCheck } from "./RandomCheck";

interface FaithfulnessProps {
  sample: Sample;
  /** The finished map. */
  made: Finished;
}

/** Both checks of one map, each run on request. */
export default function Faithfulness({ sample, made }: FaithfulnessProps): ReactElement {
  return (
    <div className={classes.checks}>
      <CurvesCheck made={made} />
      <RandomCheck made={made} sample={sample} />
    </div>
  );
}
