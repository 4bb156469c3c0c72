"""The managed data-driven optimizer: a custom job of the Agent Platform, launched and followed.

It is launched by the SDK. Its state is asked by plain REST: the SDK's own loop never ends on
EXPIRED or PARTIALLY_SUCCEEDED and has no public way to look or to cancel. The job is named after
the optimization, so that after a crash it is found again instead of launched twice. A job that
succeeded and left no template has failed, and that is said.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.engine.clients import platform_credentials
from core.errors import InvalidInput, NotConfigured, WorkbenchError
from core.optimization import vapo_files
from core.platform.files import Files, child, is_remote
from core.records.models import Connection
from core.records.optimizations import Feedback

State = Literal["waiting", "running", "done", "failed", "cancelled"]
STATES: Mapping[str, State] = {
    "JOB_STATE_UNSPECIFIED": "waiting",
    "JOB_STATE_QUEUED": "waiting",
    "JOB_STATE_PENDING": "waiting",
    "JOB_STATE_RUNNING": "running",
    "JOB_STATE_SUCCEEDED": "done",
    "JOB_STATE_PARTIALLY_SUCCEEDED": "done",
    "JOB_STATE_FAILED": "failed",
    "JOB_STATE_EXPIRED": "failed",
    "JOB_STATE_CANCELLING": "running",
    "JOB_STATE_CANCELLED": "cancelled",
    "JOB_STATE_PAUSED": "waiting",
    "JOB_STATE_UPDATING": "running",
}
PERMISSIONS = (
    "roles/aiplatform.user", "roles/storage.objectAdmin", "roles/artifactregistry.reader",
)  # fmt: skip
"""Of the service account that the job runs as; whoever launches it needs to act as it."""
CUSTOM_METRIC_PERMISSIONS = (
    "roles/run.developer", "roles/run.invoker", "roles/aiplatform.serviceAgent",
)  # fmt: skip
BUCKET_PERMISSIONS = ("storage.objects.create", "storage.objects.get")
ACT_AS = "iam.serviceAccounts.actAs"
"""What whoever launches needs: on the bucket, and on the account that the job runs as."""
IAM = "https://iam.googleapis.com"
CONFIG_FILE, DATA_FILE, OUTPUT = "config.json", "data.jsonl", "out"
TIMEOUT_S = 60.0
FILES = (
    vapo_files.TEMPLATES, vapo_files.EVAL_RESULTS, vapo_files.OPTIMIZED, vapo_files.ERROR,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """Who the job runs as: one of the two."""

    service_account: str = ""
    project_number: str = ""


@dataclass(frozen=True, slots=True)
class ManagedJob:
    """A job at the far end. `raw_state` is the service's word, `problem` its error."""

    name: str
    state: State
    raw_state: str
    problem: str
    console: str


class ManagedOptimizer:
    """Launches, follows and cancels managed jobs. Its calls block."""

    def __init__(
        self, connection: Connection, files: Files, account: Account, *, image: str = ""
    ) -> None:
        """`image` replaces the SDK's container; two of them circulate."""
        self._connection = connection
        self._files = files
        self._account = account
        self._image = image
        self._client: Any = None
        self._session: Any = None

    # -- the job --

    def launch(
        self, label: str, folder: str, config: Mapping[str, Any], rows: Sequence[Mapping[str, str]]
    ) -> ManagedJob:
        """Upload configuration and data below `folder`, then launch; the job of that label when
        there is one already. Raises NotConfigured, InvalidInput, WorkbenchError."""
        self._check(folder)
        known = self.find(label)
        if known is not None:
            return known
        self._check_permissions(folder)
        data = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        self._files.write(child(folder, DATA_FILE), data.encode("utf-8", "replace"))
        whole = {
            **config,
            "project": self._connection.project,
            "input_data_path": child(folder, DATA_FILE),
            "output_path": child(folder, OUTPUT),
        }
        text = json.dumps(whole, ensure_ascii=False, indent=1)
        self._files.write(child(folder, CONFIG_FILE), text.encode("utf-8", "replace"))
        path = child(folder, CONFIG_FILE)
        made = self._launch_own(label, path) if self._image else self._launch_by_sdk(label, path)
        return self._read(made)

    def _launch_by_sdk(self, label: str, config_path: str) -> Mapping[str, Any]:
        client = self._connected()
        from agentplatform import types

        config: dict[str, Any] = {
            "config_path": config_path,
            "wait_for_completion": False,
            "optimizer_job_display_name": label,
        }
        if self._account.service_account:
            config["service_account"] = self._account.service_account
        else:
            config["service_account_project_number"] = self._account.project_number
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it is flagged experimental, and says so each time
            job = client.prompts.launch_optimization_job(
                method=types.PromptOptimizerMethod.VAPO,
                config=types.PromptOptimizerConfig(**config),
            )
        return {"name": job.name, "state": str(getattr(job.state, "value", job.state) or "")}

    def _launch_own(self, label: str, config_path: str) -> Mapping[str, Any]:
        """What the SDK would send, with another container."""
        container = {"args": [f"--config={config_path}"], "imageUri": self._image}
        pool = {"containerSpec": container, "machineSpec": {"machineType": "n1-standard-4"},
                "replicaCount": "1"}  # fmt: skip
        spec = {
            "baseOutputDirectory": {"outputUriPrefix": config_path.rpartition("/")[0]},
            "serviceAccount": self._runs_as(),
            "workerPoolSpecs": [pool],
        }
        return self._rest("POST", f"{self._parent()}/customJobs",
                          {"displayName": label, "jobSpec": spec})  # fmt: skip

    def poll(self, name: str) -> ManagedJob:
        """The job as it is now."""
        return self._read(self._rest("GET", name))

    def cancel(self, name: str) -> None:
        """Ask the service to stop it."""
        self._rest("POST", f"{name}:cancel", {})

    def find(self, label: str) -> ManagedJob | None:
        """The newest job with that display name."""
        found = self._rest("GET", f"{self._parent()}/customJobs",
                           params={"filter": f'displayName="{label}"'})  # fmt: skip
        jobs = found.get("customJobs", [])
        return self._read(jobs[0]) if jobs else None

    def read_runs(self, folder: str, mode: str) -> dict[str, vapo_files.Run]:
        """The files so far, by mode; a half-written one counts as not there."""
        modes = ["instruction", "demonstration"] if mode == "instruction_and_demo" else [mode]
        out = child(folder, OUTPUT)
        runs = {}
        for one in modes:
            files = {name: self._files.read_if_there(child(child(out, one), name))
                     for name in FILES}  # fmt: skip
            runs[one] = vapo_files.read_run({k: v for k, v in files.items() if v is not None})
        whole = self._files.read_if_there(child(out, vapo_files.ERROR))
        if whole is not None:
            error = vapo_files.read_run({vapo_files.ERROR: whole}).error
            runs = {one: run._replace(error=run.error or error) for one, run in runs.items()}
        return runs

    # -- zero-shot and few-shot --

    def improve(self, prompt: str, feedback: Sequence[Feedback] = ()) -> Mapping[str, Any]:
        """The service's own one-shot rewriting: `text`, `changes`, and `raw` as it came. The text
        is empty when the answer could not be parsed."""
        from google.auth.exceptions import GoogleAuthError
        from google.genai.errors import APIError

        client = self._connected()
        config = few_shot_config(feedback) if feedback else None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer = client.prompts.optimize(prompt=prompt, config=config)
        except (APIError, GoogleAuthError) as error:
            raise WorkbenchError("The managed optimizer did not answer: {problem}",
                                 problem=error) from error  # fmt: skip
        parsed = answer.parsed_response
        raw = str(answer.raw_text_response or "")
        if parsed is None:
            return {"text": "", "changes": [], "raw": raw}
        text = getattr(parsed, "suggested_prompt", None) or getattr(
            parsed, "new_system_instructions", None
        )
        listed = getattr(parsed, "applicable_guidelines", None) or getattr(
            parsed, "suggested_modifications", None
        )
        changes = [one if isinstance(one, str) else one.model_dump() for one in listed or ()]
        return {"text": str(text or ""), "changes": changes, "raw": raw}

    # -- how --

    def _check(self, folder: str) -> None:
        if not is_remote(folder):
            raise InvalidInput(
                "The managed optimizer needs a folder in Cloud Storage, as in gs://bucket/folder, "
                "not {folder}.", folder=folder,
            )  # fmt: skip
        if self._connection.location in (None, "", "global"):
            raise InvalidInput(
                "The managed optimizer runs in a region, never in global. Set "
                "GOOGLE_CLOUD_LOCATION, for example to us-central1."
            )
        account = self._account
        if bool(account.service_account) == bool(account.project_number):
            raise InvalidInput(
                "Say who the job runs as: a service account, or a project number. It needs "
                "{roles}, and you need to act as it.", roles=", ".join(PERMISSIONS),
            )  # fmt: skip

    def _check_permissions(self, folder: str) -> None:
        """NotConfigured names what is missing, before anything is uploaded."""
        lacking = self._files.lacking(folder, BUCKET_PERMISSIONS)
        if lacking:
            raise NotConfigured(
                "You may not use {folder}: {missing} is missing. The service account needs "
                "{roles}, and you need to act as it.", folder=folder, missing=", ".join(lacking),
                roles=", ".join(PERMISSIONS),
            )  # fmt: skip
        if not self._may_act():
            raise NotConfigured(
                "You may not act as {account}: {missing} is missing. Ask for the role "
                "roles/iam.serviceAccountUser on it.", account=self._runs_as(), missing=ACT_AS,
            )  # fmt: skip

    def _may_act(self) -> bool:
        """Whether the caller may act as the job's account; True also when it cannot be told."""
        from google.auth.exceptions import GoogleAuthError
        from requests import RequestException

        base = (self._connection.base_url or IAM).rstrip("/")
        path = f"v1/projects/-/serviceAccounts/{self._runs_as()}:testIamPermissions"
        try:
            answer = self._authorized().post(f"{base}/{path}", json={"permissions": [ACT_AS]},
                                             timeout=TIMEOUT_S)  # fmt: skip
            # Who may not ask may still be allowed to act: the launch will tell.
            return answer.status_code != 200 or ACT_AS in answer.json().get("permissions", [])
        except (GoogleAuthError, RequestException, ValueError):
            return True

    def _runs_as(self) -> str:
        """The e-mail address of the account that the job runs as."""
        return self._account.service_account or (
            f"{self._account.project_number}-compute@developer.gserviceaccount.com"
        )

    def _parent(self) -> str:
        return f"projects/{self._connection.project}/locations/{self._connection.location}"

    def _connected(self) -> Any:
        if self._client is None:
            _refuse_dead(self._connection)
            import agentplatform
            from google.genai.types import HttpOptions

            self._client = agentplatform.Client(
                project=self._connection.project,
                location=self._connection.location,
                credentials=platform_credentials(self._connection),
                http_options=HttpOptions(base_url=self._connection.base_url,
                                         api_version="v1beta1"),
            )  # fmt: skip
        return self._client

    def _rest(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        _refuse_dead(self._connection)
        from google.auth.exceptions import GoogleAuthError
        from requests import RequestException

        base = self._connection.base_url or (
            f"https://{self._connection.location}-aiplatform.googleapis.com"
        )
        try:
            answer = self._authorized().request(
                method, f"{base.rstrip('/')}/v1beta1/{path}", json=body, params=params,
                timeout=TIMEOUT_S,
            )  # fmt: skip
        except (GoogleAuthError, RequestException) as error:
            raise WorkbenchError("The platform cannot be reached: {problem}", problem=error) \
                from error  # fmt: skip
        if answer.status_code == 403:
            raise NotConfigured(
                "The platform refuses ({problem}). The service account needs {roles}, and you "
                "need to act as it.", problem=_message(answer), roles=", ".join(PERMISSIONS),
            )  # fmt: skip
        if answer.status_code >= 400:
            raise WorkbenchError("The platform answered {status}: {problem}",
                                 status=answer.status_code, problem=_message(answer))  # fmt: skip
        found: Mapping[str, Any] = answer.json()
        return found

    def _authorized(self) -> Any:
        if self._session is None:
            import google.auth
            from google.auth.exceptions import DefaultCredentialsError
            from google.auth.transport.requests import AuthorizedSession

            credentials = platform_credentials(self._connection)
            if credentials is None:
                scope = "https://www.googleapis.com/auth/cloud-platform"
                try:
                    credentials = google.auth.default(scopes=[scope])[0]
                except DefaultCredentialsError as error:
                    raise NotConfigured(
                        "There are no credentials ({problem}). Sign in with: gcloud auth "
                        "application-default login", problem=error,
                    ) from error  # fmt: skip
            self._session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
        return self._session

    def _read(self, data: Mapping[str, Any]) -> ManagedJob:
        raw = str(data.get("state") or "JOB_STATE_UNSPECIFIED")
        name = str(data["name"])
        error = data.get("error")
        problem = str(error.get("message", "")) if isinstance(error, Mapping) else ""
        console = (
            f"https://console.cloud.google.com/vertex-ai/locations/{self._connection.location}"
            f"/training/{name.rpartition('/')[2]}/cpu?project={self._connection.project}"
        )
        return ManagedJob(name, STATES.get(raw, "running"), raw, problem, console)


def ended_problem(job: ManagedJob, runs: Mapping[str, vapo_files.Run]) -> WorkbenchError | None:
    """Why an ended job is no result; None when it is one."""
    told = next((run.error for run in runs.values() if run.error), "")
    if job.state == "cancelled":
        return WorkbenchError("The managed job was cancelled.")
    if job.state == "failed" or told:
        return WorkbenchError(
            "The managed job failed ({state}): {problem}", state=job.raw_state,
            problem=told or job.problem or "-",
        )  # fmt: skip
    if all(run.empty for run in runs.values()):
        return WorkbenchError(
            "The managed job succeeded without an artefact: it left no template. That is known of "
            "newer target models. Use the local engine for this model."
        )
    return None


def few_shot_config(feedback: Sequence[Feedback]) -> dict[str, Any]:
    """The frame that the few-shot optimizer takes: rubrics with verdicts, or target answers.

    InvalidInput when both are mixed: the service refuses that.
    """
    import pandas

    by_rubrics = [one for one in feedback if one.rubrics]
    by_target = [one for one in feedback if one.expected]
    if by_rubrics and by_target:
        raise InvalidInput(
            "Give the few-shot optimizer either rubric verdicts or expected answers, not both."
        )
    if by_rubrics:
        rows = [
            {
                "prompt": one.input,
                "model_response": one.response,
                "rubrics": json.dumps([q for q, _ in one.rubrics], ensure_ascii=False),
                "rubrics_evaluations": str([passed for _, passed in one.rubrics]),
            }
            for one in by_rubrics
        ]
        target = "OPTIMIZATION_TARGET_FEW_SHOT_RUBRICS"
    else:
        rows = [
            {"prompt": one.input, "model_response": one.response, "target_response": one.expected}
            for one in by_target
        ]
        target = "OPTIMIZATION_TARGET_FEW_SHOT_TARGET_RESPONSE"
    if not rows:
        raise InvalidInput("The few-shot optimizer needs answers with rubric verdicts or with "
                           "expected answers.")  # fmt: skip
    return {"optimization_target": target, "examples_dataframe": pandas.DataFrame(rows)}


def _refuse_dead(connection: Connection) -> None:
    if not connection.live:
        raise NotConfigured(
            "The connection {surface} is not set up. Set {missing} and start again.",
            surface=connection.surface, missing=connection.problem,
        )  # fmt: skip


def _message(answer: Any) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return str(answer.text)[:300]
