"""Every table, and the promise each one holds by a constraint."""

from bot.store.tables.announcing import (
    arm as arm,
    broadcast as broadcast,
    broadcast_reply as broadcast_reply,
    broadcast_stretch as broadcast_stretch,
    coordinator as coordinator,
    digest as digest,
    experiment as experiment,
    order as order,
    ring as ring,
    segment as segment,
    tag as tag,
    withheld as withheld,
)
from bot.store.tables.auditing import (
    audit_head as audit_head,
    audit_link as audit_link,
    audit_round as audit_round,
    audit_waiting as audit_waiting,
)
from bot.store.tables.credentials import (
    credential as credential,
    signing_key as signing_key,
    status_list as status_list,
    subject as subject,
)
from bot.store.tables.doubting import doubt as doubt, sampled as sampled
from bot.store.tables.learning import (
    answer as answer,
    approval as approval,
    certificate as certificate,
    course_version as course_version,
    disclosure as disclosure,
    enrolment as enrolment,
    identity as identity,
    lesson_pass as lesson_pass,
    review as review,
    task_done as task_done,
    witness_code as witness_code,
    written_reply as written_reply,
)
from bot.store.tables.making import metadata as metadata
from bot.store.tables.messages import (
    PUSHED as PUSHED,
    audit_event as audit_event,
    circuit as circuit,
    early_receipt as early_receipt,
    inbound_message as inbound_message,
    nudge as nudge,
    outbound_message as outbound_message,
    request as request,
    spend as spend,
)
from bot.store.tables.people import (
    address as address,
    background as background,
    consent as consent,
    conversation as conversation,
    learner as learner,
    profile as profile,
)
from bot.store.tables.printing import paper as paper
from bot.store.tables.surveys import (
    survey_answer as survey_answer,
    survey_consent as survey_consent,
)
