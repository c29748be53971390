import { ActionIcon, Modal } from "@mantine/core";
import type { ReactElement } from "react";

import { Keyboard } from "../controls/icons";
import { useStore } from "../state/store";
import { TESTID } from "../testids";
import { useText } from "../text";
import { helpOpened, useFocusBack } from "./keyboard";
import classes from "./ShortcutHelp.module.css";
import { SHORTCUTS, type Shortcut } from "./shortcuts";

/** The list of keys, and a button for those who do not know that ? opens it. */
export function ShortcutHelp(): ReactElement {
  const text = useText();
  const opened = useStore(helpOpened, (value) => value);
  return (
    <>
      <ActionIcon
        variant="subtle"
        size="lg"
        aria-label={text.shortcuts.open}
        title={`${text.shortcuts.open} (?)`}
        onClick={() => helpOpened.set(true)}
      >
        <Keyboard />
      </ActionIcon>
      {/* Not there until it is opened: the landmark that it is drawn in changes while the explorer loads. */}
      {opened && <Help />}
    </>
  );
}

const GROUPS = ["anywhere", "samples", "drawing"] as const;

function Help(): ReactElement {
  const text = useText();
  const { groups, names, note } = text.shortcuts;
  useFocusBack();
  return (
    <Modal
      opened
      onClose={() => helpOpened.set(false)}
      title={text.shortcuts.title}
      size="lg"
      // Locking the scroll would insert a style element that the security policy refuses.
      lockScroll={false}
      classNames={{ inner: classes.inner }}
      closeButtonProps={{ "aria-label": text.close }}
      data-testid={TESTID.shortcuts}
    >
      <div className={classes.groups}>
        {GROUPS.map((group) => (
          <section key={group} className={classes.group}>
            <h3>{groups[group]}</h3>
            <dl>
              {SHORTCUTS.filter((shortcut) => shortcut.group === group).map((shortcut) => (
                <div key={shortcut.id} className={classes.row}>
                  <dt>
                    <Keys shortcut={shortcut} />
                  </dt>
                  <dd>{names[shortcut.id]}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section className={classes.group}>
          <h3>{groups.map}</h3>
          <dl>
            {text.shortcuts.map.map(({ keys, does }) => (
              <div key={keys} className={classes.row}>
                <dt>
                  <kbd>{keys}</kbd>
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
      <p className={classes.note}>{note}</p>
    </Modal>
  );
}

/** "→ or j", "1 to 6" */
function Keys({ shortcut: { keys } }: { shortcut: Shortcut }): ReactElement {
  const text = useText();
  const isRange = keys.length > 2;
  const shown = isRange ? [keys[0] ?? "", keys[keys.length - 1] ?? ""] : keys;
  return (
    <>
      {shown.map((key, i) => (
        <span key={key}>
          {i > 0 && <span className={classes.between}> {isRange ? text.shortcuts.to : text.shortcuts.or} </span>}
          <kbd>{text.shortcuts.keys[key] ?? key}</kbd>
        </span>
      ))}
    </>
  );
}
