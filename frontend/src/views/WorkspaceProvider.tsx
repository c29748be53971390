import { useLayoutEffect, useState, type ReactElement, type ReactNode } from "react";

import {
  ForecastContext,
  LatestContext,
  ProgressContext,
  ShownContext,
  SubjectContext,
  useNewForecast,
  useNewProgress,
  useNewShown,
  useWorkspace,
  type Subject,
  type Workspace,
} from "./workspace";

interface ProviderProps {
  subject: Subject;
  children: ReactNode;
}

/** Each part changes without drawing again what follows only the others: children are the caller's elements. */
export function WorkspaceProvider({ subject, children }: ProviderProps): ReactElement {
  return (
    <SubjectContext value={subject}>
      <ShownProvider subject={subject}>
        <ProgressProvider explorer={subject.explorer.id}>
          <LatestProvider>{children}</LatestProvider>
        </ProgressProvider>
      </ShownProvider>
    </SubjectContext>
  );
}

function ShownProvider({ subject, children }: ProviderProps): ReactElement {
  const shown = useNewShown(subject);
  const forecast = useNewForecast(shown.requests, subject.settings.id);
  return (
    <ShownContext value={shown}>
      <ForecastContext value={forecast}>{children}</ForecastContext>
    </ShownContext>
  );
}

function ProgressProvider({ explorer, children }: { explorer: string; children: ReactNode }): ReactElement {
  return <ProgressContext value={useNewProgress(explorer)}>{children}</ProgressContext>;
}

function LatestProvider({ children }: { children: ReactNode }): ReactElement {
  const workspace = useWorkspace();
  const [latest] = useState(() => createLatest(workspace));
  useLayoutEffect(() => latest.set(workspace));
  return <LatestContext value={latest.get}>{children}</LatestContext>;
}

function createLatest(first: Workspace): { get: () => Workspace; set: (next: Workspace) => void } {
  let workspace = first;
  return { get: () => workspace, set: (next) => void (workspace = next) };
}
