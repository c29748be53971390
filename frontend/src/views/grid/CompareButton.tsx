import { Button, Popover } from "@mantine/core";
import { lazy, Suspense, useState, type ReactElement } from "react";

import { Plus } from "../../controls/icons";
import { MOST_COLUMNS } from "../../state/columns";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { useSubject } from "../workspace";
import classes from "./grid.module.css";

const CompareMenu = lazy(() => import("./CompareMenu"));

/** Adds a column: the selected one with something changed. */
export function CompareButton(): ReactElement {
  const text = useText();
  const { columns } = useSubject();
  const [opened, setOpened] = useState(false);
  const full = columns.length >= MOST_COLUMNS;
  return (
    <div className={classes.compare}>
      <Popover opened={opened} onChange={setOpened} width={300} position="bottom-end" shadow="md" trapFocus>
        <Popover.Target>
          <Button
            variant="default"
            size="xs"
            leftSection={<Plus />}
            disabled={full}
            title={full ? text.columns.most(MOST_COLUMNS) : undefined}
            data-testid={TESTID.compare}
            onClick={() => setOpened(!opened)}
          >
            {text.columns.compare}
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <Suspense fallback={null}>
            <CompareMenu onChosen={() => setOpened(false)} />
          </Suspense>
        </Popover.Dropdown>
      </Popover>
    </div>
  );
}
