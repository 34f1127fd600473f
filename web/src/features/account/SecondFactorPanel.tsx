import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { secondFactorQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { Button } from "#ui/controls.tsx";
import { Failure, Loading } from "#ui/Notice.tsx";
import { Enrolment } from "./Enrolment.tsx";
import { FactorDialog, type FactorTask } from "./FactorDialog.tsx";
import { RecoveryCodes } from "./RecoveryCodes.tsx";

/** Whether a code is asked for after the password: turned on, renewed, turned off. */
export function SecondFactorPanel() {
  const { client } = useServices();
  const queries = useQueryClient();
  const { data: factor, isPending, error, refetch } = useQuery(secondFactorQuery(client));
  const [isEnrolling, setEnrolling] = useState(false);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const [task, setTask] = useState<FactorTask | null>(null);
  // The caller is read again last: it may open the rest of the app and take this panel away.
  const finish = () => {
    setCodes(null);
    setEnrolling(false);
    return Promise.all([["account"], ["caller"]].map((queryKey) => queries.invalidateQueries({ queryKey })));
  };
  return (
    <section className="box" aria-labelledby="factor-title">
      <h2 id="factor-title">Second factor</h2>
      {isPending && <Loading what="the second factor" />}
      {error && <Failure what="The second factor" error={error} onRetry={refetch} />}
      {codes && <RecoveryCodes codes={codes} onKept={finish} />}
      {factor && !codes && isEnrolling && <Enrolment onEnrolled={setCodes} onCancel={() => setEnrolling(false)} />}
      {factor && !codes && !isEnrolling && (
        <State
          isOn={factor.enabled}
          codesLeft={factor.recoveryCodesLeft}
          onEnrol={() => setEnrolling(true)}
          onTask={setTask}
        />
      )}
      {task && (
        <FactorDialog
          task={task}
          onClose={() => setTask(null)}
          onDone={(fresh) => {
            setTask(null);
            if (fresh) setCodes(fresh);
            else void finish();
          }}
        />
      )}
    </section>
  );
}

interface StateProps {
  readonly isOn: boolean;
  readonly codesLeft: number;
  readonly onEnrol: () => void;
  readonly onTask: (task: FactorTask) => void;
}

function State({ isOn, codesLeft, onEnrol, onTask }: StateProps) {
  if (!isOn) {
    return (
      <>
        <p className="muted">
          Off. With it, whoever knows your password needs your phone as well: an authenticator app shows a new code
          every half minute.
        </p>
        <div className="account-actions">
          <Button variant="primary" onPress={onEnrol}>
            Turn on…
          </Button>
        </div>
      </>
    );
  }
  return (
    <>
      <p className="muted">
        On. {codesLeft} of 10 recovery codes are left{codesLeft < 3 ? ": make new ones." : "."}
      </p>
      <div className="account-actions">
        <Button onPress={() => onTask("renew")}>New recovery codes…</Button>
        <Button onPress={() => onTask("remove")}>Turn off…</Button>
      </div>
    </>
  );
}
