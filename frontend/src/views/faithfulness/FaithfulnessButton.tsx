import { Button, Loader, Modal } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { lazy, Suspense, type ReactElement } from "react";

import type { Sample } from "../../api/types";
import { Scales } from "../../controls/icons";
import type { Finished } from "../../state/evaluations";
import { isBefore, type Stamp } from "../../state/launches";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { targetName } from "../../text/describe";
import { shortNameOf } from "../own/SampleName";
import { useSubject } from "../workspace";
import classes from "./FaithfulnessButton.module.css";

const Faithfulness = lazy(() => import("./Faithfulness"));

interface FaithfulnessButtonProps {
  sample: Sample;
  /** The finished map under which this stands. */
  made: Finished & { readonly stamp: Stamp | null };
}

/** "Is this map faithful?" and the answer. */
export function FaithfulnessButton({ sample, made }: FaithfulnessButtonProps): ReactElement {
  const text = useText();
  const { description } = useSubject();
  const [opened, { open, close }] = useDisclosure(false);
  const narrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const method = description.methods.find(({ id }) => id === made.request.method);
  const name = text.map.name(method?.name ?? made.request.method, targetName(text, made.item));
  return (
    <>
      <Button
        className={classes.open}
        size="compact-xs"
        variant="subtle"
        leftSection={<Scales />}
        data-testid={TESTID.faithfulness}
        onClick={open}
      >
        {text.faithfulness.open}
      </Button>
      {/* Locking the scroll would insert a style element that the security policy refuses. */}
      <Modal
        opened={opened}
        onClose={close}
        size="58rem"
        fullScreen={narrow}
        lockScroll={false}
        title={
          <>
            <span className={classes.title}>{text.faithfulness.title}</span>
            <span className={classes.about}>
              {text.faithfulness.about(name, shortNameOf(text, sample, description))}
            </span>
          </>
        }
        closeButtonProps={{ "aria-label": text.close }}
        classNames={{ inner: classes.inner, content: classes.content, header: classes.header }}
      >
        {isBefore(made.stamp, description) ? (
          <p className={classes.before}>{text.faithfulness.beforeReload}</p>
        ) : (
          <Suspense fallback={<Loader size="sm" color="gray" />}>
            <Faithfulness sample={sample} made={made} />
          </Suspense>
        )}
      </Modal>
    </>
  );
}
