"""Everything that is fuzzed, by its name."""

from collections.abc import Mapping

from fuzzing.of_azure import AZURE, GATEWAY
from fuzzing.of_files import FOLDER, YAML
from fuzzing.of_github import GITHUB
from fuzzing.of_policies import POLICY
from fuzzing.of_records import RECORDS
from fuzzing.of_texts import TEXTS
from fuzzing.target import Target

TARGETS: Mapping[str, Target] = {
    each.name: each for each in (YAML, FOLDER, POLICY, *RECORDS, *TEXTS, GITHUB, AZURE, GATEWAY)
}
