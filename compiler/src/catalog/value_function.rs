//! The functions of WITH: further values of an entity, computed from the values of its row.

use super::ValueType;

/// What the attribute of a function must hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FunctionInput {
    /// Text, identifiers among it.
    Text,
    /// Instants.
    Time,
    /// Anything.
    Any,
}

/// What a literal behind the attribute is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FunctionParameter {
    /// A regular expression, as behind MATCHES.
    Expression,
    /// Text that is looked for, not empty.
    Sought,
    /// Any text.
    Text,
    /// A value of the attribute's type.
    Same,
}

/// The type of what a function gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FunctionOutput {
    /// Values of this type.
    Type(ValueType),
    /// Values of the attribute's type.
    Same,
}

/// What hunters are told of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct FunctionFacts {
    /// The name as hunts write it.
    pub word: &'static str,
    /// What may stand before `(` in other languages.
    pub others: &'static [&'static str],
    pub input: FunctionInput,
    /// What stands behind the attribute, in order.
    pub parameters: &'static [FunctionParameter],
    pub output: FunctionOutput,
    /// One sentence for people.
    pub doc: &'static str,
    /// A call with its name, as it stands behind WITH of a process.
    pub example: &'static str,
}

macro_rules! output {
    (Same) => {
        FunctionOutput::Same
    };
    ($ty:ident) => {
        FunctionOutput::Type(ValueType::$ty)
    };
}

macro_rules! functions {
    ($(
        $name:ident $word:literal [$($other:literal),*] $input:ident [$($parameter:ident),*] $output:ident,
        $doc:literal, $example:literal;
    )*) => {
        /// A function of WITH.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[allow(missing_docs, reason = "each is what its facts say")]
        pub enum ValueFunction { $($name,)* }

        impl ValueFunction {
            /// All of them, in the order in which documentation lists them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name, what it takes and what it gives.
            pub fn facts(self) -> &'static FunctionFacts {
                match self {
                    $(Self::$name => &FunctionFacts {
                        word: $word,
                        others: &[$($other),*],
                        input: FunctionInput::$input,
                        parameters: &[$(FunctionParameter::$parameter),*],
                        output: output!($output),
                        doc: $doc,
                        example: $example,
                    },)*
                }
            }
        }
    };
}

functions! {
    Lower "LOWER" ["tolower", "lcase", "to_lower", "lowercase"] Text [] Text,
        "the text with its ASCII letters in lower case, as `LIKE` folds them", "LOWER(name) AS low";
    Length "LENGTH" ["len", "strlen", "size", "string_length"] Text [] Integer,
        "how many characters (code points) the text has", "LENGTH(command_line) AS characters";
    Extract "EXTRACT" ["regex_extract", "regexp_extract", "substring", "grok", "parse"] Text [Expression] Text,
        "what the first group of the expression found where the expression is found first; without a group, all that it found",
        "EXTRACT(command_line, r'(?i)-enc\\w*\\s+(\\S+)') AS encoded";
    Replace "REPLACE" ["replace_string", "regex_replace", "regexp_replace", "replace_regex"] Text [Sought, Text] Text,
        "the text with every occurrence of one text replaced by another", "REPLACE(command_line, '^', '') AS plain";
    Base64 "BASE64" ["base64_decode", "base64_decode_tostring", "decode_base64", "from_base64", "unbase64"] Text [] Text,
        "the decoded text; UTF-16LE, as PowerShell's `-enc` has it, is found out", "BASE64(registry.data.strings) AS decoded";
    UrlScheme "URL_SCHEME" ["url_protocol"] Text [] Text,
        "the part of a URL before `:`, in lower case", "URL_SCHEME(url.original) AS scheme";
    UrlHost "URL_HOST" ["url_domain", "parse_url", "hostname"] Text [] Text,
        "the host of a URL, without user and port, in lower case", "URL_HOST(url.original) AS site";
    UrlPort "URL_PORT" [] Text [] Integer,
        "the port that a URL names", "URL_PORT(url.original) AS port";
    UrlPath "URL_PATH" [] Text [] Text,
        "the path of a URL, as written", "URL_PATH(url.original) AS resource";
    UrlQuery "URL_QUERY" [] Text [] Text,
        "what stands behind `?` in a URL", "URL_QUERY(url.original) AS parameters";
    RegisteredDomain "REGISTERED_DOMAIN" ["etld1", "apex", "registrable_domain", "root_domain"] Text [] Text,
        "the domain that was registered: the public suffix and one label more", "REGISTERED_DOMAIN(dns.question.name) AS registered";
    Subdomain "SUBDOMAIN" [] Text [] Text,
        "what stands before the registered domain", "SUBDOMAIN(dns.question.name) AS labels";
    PublicSuffix "PUBLIC_SUFFIX" ["tld", "etld", "top_level_domain"] Text [] Text,
        "the public suffix of a domain name, such as `co.uk`", "PUBLIC_SUFFIX(dns.question.name) AS suffix";
    Entropy "ENTROPY" ["shannon_entropy"] Text [] Float,
        "Shannon's entropy of the characters, in bits for each, to four decimals", "ENTROPY(dns.question.name) AS entropy";
    Hour "HOUR" ["hourofday", "hour_of_day", "date_hour"] Time [] Integer,
        "the hour of the day in UTC, 0 to 23", "HOUR(first_observed) AS hour";
    Weekday "WEEKDAY" ["dayofweek", "day_of_week", "date_wday"] Time [] Integer,
        "the day of the week in UTC, 1 (Monday) to 7 (Sunday)", "WEEKDAY(first_observed) AS day";
    Coalesce "COALESCE" ["ifnull", "isnull", "nvl", "iff"] Any [Same] Same,
        "the value, and where there is none the literal", "COALESCE(creator_user_ref.user_id, 'nobody') AS account";
}

impl ValueFunction {
    /// The function of this name, in any case.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|f| f.facts().word.eq_ignore_ascii_case(word))
    }

    /// The name as hunts write it.
    pub fn word(self) -> &'static str {
        self.facts().word
    }
}

impl FunctionFacts {
    /// What it gives, in words.
    pub fn gives(&self) -> &'static str {
        match self.output {
            FunctionOutput::Type(ty) => ty.word(),
            FunctionOutput::Same => "as the attribute",
        }
    }

    /// Its name with what it takes: `REPLACE(text, 'text', 'text')`.
    pub fn signature(&self) -> String {
        let first = match self.input {
            FunctionInput::Text => "text",
            FunctionInput::Time => "time",
            FunctionInput::Any => "attribute",
        };
        let more = self.parameters.iter().map(|parameter| match parameter {
            FunctionParameter::Expression => "'expression'",
            FunctionParameter::Sought | FunctionParameter::Text => "'text'",
            FunctionParameter::Same => "literal",
        });
        format!("{}({})", self.word, std::iter::once(first).chain(more).collect::<Vec<_>>().join(", "))
    }
}
