//! The arguments of WITH as variables of a program. A huntflow chooses their names, and nobody has read it yet.

use super::contract::{AnalyticCall, failed};
use crate::source::SourceError;
use std::collections::BTreeMap;

/// The beginning of the names under which a command gets the arguments of WITH. A huntflow chooses the rest of the name, and no
/// program takes a variable of this kind for an instruction (as `BASH_ENV`, `LD_PRELOAD` or `PATH` are).
const ARGUMENT: &str = "HUNTC_ARG_";

/// Names that programs take for instructions, which Kestrel's analytics do not get from a huntflow.
const INSTRUCTIONS: [&str; 23] = [
    "BASH_ENV",
    "CDPATH",
    "CLASSPATH",
    "DISPLAY",
    "EDITOR",
    "ENV",
    "GCONV_PATH",
    "GLOBIGNORE",
    "HOME",
    "IFS",
    "LOGNAME",
    "MPLBACKEND",
    "NODE_OPTIONS",
    "PAGER",
    "PATH",
    "PERL5LIB",
    "PS4",
    "RUBYLIB",
    "RUBYOPT",
    "SHELL",
    "SHELLOPTS",
    "TMPDIR",
    "USER",
];
/// Beginnings and ends of such names.
const BEGINNINGS: [&str; 16] = [
    "BASH_FUNC",
    "CONTAINER",
    "CURL_",
    "DOCKER",
    "DYLD_",
    "GIT_",
    "GLIBC_",
    "JAVA_",
    "JDK_",
    "LC_",
    "LD_",
    "MALLOC_",
    "PERL",
    "PYTHON",
    "SSL_",
    "XDG_",
];
const ENDS: [&str; 4] = ["_PROXY", "_PRELOAD", "_LIBRARY_PATH", "_CA_BUNDLE"];

/// The arguments as variables of a command. A shell reads no name with other characters than letters, digits and `_`.
pub(super) fn of_command(call: &AnalyticCall<'_>) -> Result<BTreeMap<String, String>, SourceError> {
    let mut variables = BTreeMap::new();
    for (name, value) in call.arguments {
        let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        add(call, name, &format!("{ARGUMENT}{plain}"), value, &mut variables)?;
    }
    Ok(variables)
}

/// The arguments as Kestrel passes them: variables of their own names.
pub(super) fn of_kestrel(call: &AnalyticCall<'_>) -> Result<BTreeMap<String, String>, SourceError> {
    let mut variables = BTreeMap::new();
    for (name, value) in call.arguments {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
        if !plain || is_instruction(name) {
            let what = if plain { "programs take for an instruction" } else { "no program can get" };
            return Err(failed(call, format_args!("the argument {name:?} would be a variable that {what}"))
                .help("give it another name, one of letters, digits and `_`, such as XPARAM; the analytic must ask for it"));
        }
        add(call, name, name, value, &mut variables)?;
    }
    Ok(variables)
}

fn add(
    call: &AnalyticCall<'_>,
    name: &str,
    variable: &str,
    value: &str,
    variables: &mut BTreeMap<String, String>,
) -> Result<(), SourceError> {
    if value.contains('\0') {
        return Err(failed(call, format_args!("the argument {name:?} holds a NUL, which no command can get")));
    }
    if variables.insert(variable.to_owned(), value.to_owned()).is_some() {
        return Err(failed(call, format_args!("two arguments would both be {variable}")).help("give one of them another name"));
    }
    Ok(())
}

/// Whether a program or a library may take a variable of this name for an instruction, in any case.
fn is_instruction(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    INSTRUCTIONS.contains(&name.as_str())
        || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        || ENDS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::is_instruction;

    #[test]
    fn names_that_programs_obey_are_known() {
        for name in ["PATH", "path", "LD_PRELOAD", "PYTHONPATH", "PYTHONSTARTUP", "BASH_ENV", "https_proxy", "DOCKER_HOST", "IFS"] {
            assert!(is_instruction(name), "{name}");
        }
        for name in ["XPARAM", "YPARAM", "threshold", "PATHS", "ENVIRONMENT", "API_LIMIT", "url"] {
            assert!(!is_instruction(name), "{name}");
        }
    }
}
