//! The parser, after the grammar in [`super`]. One pass, no backtracking over more than a word.

use serde_json::Number;
use winnow::ascii::Caseless;
use winnow::combinator::opt;
use winnow::error::ParserError;
use winnow::stream::{Location, Stream};
use winnow::{LocatingSlice, Parser, Stateful};

use super::{CompValue, CompareOp, Filter, FilterError, Problem};
use crate::Limits;
use crate::path::{AttributePath, is_name, is_path_byte};

/// Reads a filter that is the whole of `text`.
pub(super) fn filter(text: &str, limits: &Limits) -> Result<Filter, FilterError> {
    let mut input = begin(text, limits)?;
    let filter = filter_expression(&mut input)?;
    end(&input, "`and`, `or` or the end of the filter")?;
    Ok(filter)
}

/// A PATCH path with a filter in brackets: the attribute, the filter, the sub-attribute behind it.
pub(crate) fn value_path(
    text: &str,
    limits: &Limits,
) -> Result<(AttributePath, Filter, Option<String>), FilterError> {
    let mut input = begin(text, limits)?;
    let path = attribute_path(&mut input)?;
    spaces0(&mut input);
    let filter = bracketed(&mut input)?;
    let sub_attribute = if take(&mut input, '.') {
        Some(sub_attribute_name(&mut input)?.to_owned())
    } else {
        None
    };
    end(&input, "the end of the path")?;
    Ok((path, filter, sub_attribute))
}

type Input<'i> = Stateful<LocatingSlice<&'i str>, State<'i>>;
type Parsed<T> = Result<T, FilterError>;

/// What is counted while reading.
#[derive(Debug, Clone, Copy)]
struct State<'i> {
    text: &'i str,
    /// Whether bytes are columns.
    ascii: bool,
    limits: &'i Limits,
    depth: usize,
    terms: usize,
    bracketed: bool,
}

impl<'i> ParserError<Input<'i>> for FilterError {
    type Inner = Self;

    // Made and dropped whenever an optional token is not there, so it must cost nothing; what a
    // reader of the filter is told is made where the alternatives are known.
    fn from_input(_: &Input<'i>) -> Self {
        Self::expected(1, "something else")
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

fn begin<'i>(text: &'i str, limits: &'i Limits) -> Parsed<Input<'i>> {
    let ascii = text.is_ascii();
    let length = if ascii {
        text.len()
    } else {
        text.chars().count()
    };
    if length > limits.filter_length {
        let column = limits.filter_length + 1;
        return Err(FilterError::new(
            column,
            Problem::Limit("characters", limits.filter_length),
        ));
    }
    let state = State {
        text,
        ascii,
        limits,
        depth: 0,
        terms: 0,
        bracketed: false,
    };
    Ok(Stateful {
        input: LocatingSlice::new(text),
        state,
    })
}

fn end(input: &Input<'_>, expected: &'static str) -> Parsed<()> {
    match input.peek_token() {
        None => Ok(()),
        Some(_) => Err(FilterError::expected(column(input), expected)),
    }
}

/// `or`, up to the end, a `)` or a `]`.
fn filter_expression(input: &mut Input<'_>) -> Parsed<Filter> {
    spaces0(input);
    let mut ors: Vec<Filter> = Vec::new();
    let mut ands: Vec<Filter> = Vec::new();
    loop {
        let last = unit(input)?;
        match connective(input)? {
            Some(Connective::And) => ands.push(last),
            Some(Connective::Or) => ors.push(join(&mut ands, last, Filter::And)),
            None => {
                let last = join(&mut ands, last, Filter::And);
                return Ok(join(&mut ors, last, Filter::Or));
            }
        }
    }
}

/// `last` alone, or together with those before it.
fn join(before: &mut Vec<Filter>, last: Filter, wrap: fn(Vec<Filter>) -> Filter) -> Filter {
    if before.is_empty() {
        return last;
    }
    let mut all = std::mem::take(before);
    all.push(last);
    wrap(all)
}

enum Connective {
    And,
    Or,
}

fn connective(input: &mut Input<'_>) -> Parsed<Option<Connective>> {
    let spaces = spaces0(input);
    if matches!(input.peek_token(), None | Some(')' | ']')) {
        return Ok(None);
    }
    let at = column(input);
    let word = word(input);
    let connective = if word.eq_ignore_ascii_case("and") {
        Connective::And
    } else if word.eq_ignore_ascii_case("or") {
        Connective::Or
    } else {
        return Err(FilterError::expected(
            at,
            "`and`, `or` or the end of the filter",
        ));
    };
    if spaces.is_empty() {
        return Err(FilterError::expected(at, "a space"));
    }
    spaces1(input)?;
    Ok(Some(connective))
}

fn unit(input: &mut Input<'_>) -> Parsed<Filter> {
    if input.peek_token() == Some('(') {
        return parenthesised(input);
    }
    // Most attributes do not begin so.
    if let Some('n' | 'N') = input.peek_token() {
        let start = input.checkpoint();
        let not: Parsed<Option<&str>> = opt(Caseless("not")).parse_next(input);
        if not?.is_some() {
            spaces0(input);
            if input.peek_token() == Some('(') {
                return Ok(Filter::Not(Box::new(parenthesised(input)?)));
            }
            // An attribute whose name begins so.
            input.reset(&start);
        }
    }
    test(input)
}

fn parenthesised(input: &mut Input<'_>) -> Parsed<Filter> {
    nested(input, '(', ')', "`)`")
}

/// Between brackets no further brackets may open.
fn bracketed(input: &mut Input<'_>) -> Parsed<Filter> {
    if input.state.bracketed {
        return Err(FilterError::expected(column(input), "no `[` inside `[ ]`"));
    }
    if input.peek_token() != Some('[') {
        return Err(FilterError::expected(column(input), "`[`"));
    }
    input.state.bracketed = true;
    let filter = nested(input, '[', ']', "`]`")?;
    input.state.bracketed = false;
    Ok(filter)
}

fn nested(
    input: &mut Input<'_>,
    open: char,
    close: char,
    expected: &'static str,
) -> Parsed<Filter> {
    let limit = input.state.limits.filter_depth;
    if input.state.depth >= limit {
        return Err(FilterError::new(
            column(input),
            Problem::Limit("levels of nesting", limit),
        ));
    }
    input.state.depth += 1;
    take(input, open);
    let filter = filter_expression(input)?;
    if !take(input, close) {
        return Err(FilterError::expected(column(input), expected));
    }
    input.state.depth -= 1;
    Ok(filter)
}

fn test(input: &mut Input<'_>) -> Parsed<Filter> {
    let path = attribute_path(input)?;
    let spaces = spaces0(input);
    if input.peek_token() != Some('[') {
        return comparison(input, path, spaces);
    }
    let filter = Box::new(bracketed(input)?);
    let tail = if take(input, '.') {
        let column = column(input);
        let attribute = sub_attribute_name(input)?.to_owned();
        let path = AttributePath {
            schema: None,
            attribute,
            sub_attribute: None,
            below: None,
            column,
        };
        let spaces = spaces0(input);
        Some(Box::new(comparison(input, path, spaces)?))
    } else {
        None
    };
    Ok(Filter::ValuePath { path, filter, tail })
}

/// What follows the attribute: `pr`, or an operator and its operand.
fn comparison(input: &mut Input<'_>, path: AttributePath, spaces: &str) -> Parsed<Filter> {
    let at = column(input);
    let limit = input.state.limits.filter_terms;
    if input.state.terms >= limit {
        return Err(FilterError::new(
            path.column,
            Problem::Limit("comparisons", limit),
        ));
    }
    input.state.terms += 1;
    let word = word(input);
    if spaces.is_empty() {
        return Err(FilterError::expected(at, "a space and an operator"));
    }
    if word.eq_ignore_ascii_case("pr") {
        return Ok(Filter::Present(path));
    }
    let Some(op) = CompareOp::from_word(word) else {
        return Err(FilterError::expected(
            at,
            "an operator: eq, ne, co, sw, ew, gt, ge, lt, le or pr",
        ));
    };
    spaces1(input)?;
    let value = value(input)?;
    Ok(Filter::Compare { path, op, value })
}

impl CompareOp {
    fn from_word(word: &str) -> Option<Self> {
        let &[a, b] = word.as_bytes() else {
            return None;
        };
        match [a.to_ascii_lowercase(), b.to_ascii_lowercase()] {
            [b'e', b'q'] => Some(Self::Eq),
            [b'n', b'e'] => Some(Self::Ne),
            [b'c', b'o'] => Some(Self::Co),
            [b's', b'w'] => Some(Self::Sw),
            [b'e', b'w'] => Some(Self::Ew),
            [b'g', b't'] => Some(Self::Gt),
            [b'g', b'e'] => Some(Self::Ge),
            [b'l', b't'] => Some(Self::Lt),
            [b'l', b'e'] => Some(Self::Le),
            _ => None,
        }
    }
}

fn value(input: &mut Input<'_>) -> Parsed<CompValue> {
    let at = column(input);
    match input.peek_token() {
        Some('"') => string(input).map(CompValue::String),
        Some('-' | '0'..='9') => number(input, at).map(CompValue::Number),
        _ => {
            let word = word(input);
            if word.eq_ignore_ascii_case("true") {
                Ok(CompValue::Bool(true))
            } else if word.eq_ignore_ascii_case("false") {
                Ok(CompValue::Bool(false))
            } else if word.eq_ignore_ascii_case("null") {
                Ok(CompValue::Null)
            } else {
                Err(FilterError::expected(
                    at,
                    "a value: text in double quotes, a number, true, false or null",
                ))
            }
        }
    }
}

fn number(input: &mut Input<'_>, at: usize) -> Parsed<Number> {
    let digits = run(input, |byte| {
        matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')
    });
    serde_json::from_str(digits).map_err(|_| FilterError::expected(at, "a number as in JSON"))
}

/// A JSON string. Without an escape in it, which is nearly always, it is copied as it stands.
fn string(input: &mut Input<'_>) -> Parsed<String> {
    let start = input.current_token_start();
    let at = column(input);
    take(input, '"');
    let plain = plain_text(input);
    if take(input, '"') {
        return Ok(plain.to_owned());
    }
    loop {
        match input.next_token() {
            Some('"') => break,
            Some('\\') => _ = input.next_token(),
            _ => {
                return Err(FilterError::expected(
                    at,
                    "text in double quotes, with escapes as in JSON",
                ));
            }
        }
        plain_text(input);
    }
    let literal = input
        .state
        .text
        .get(start..input.current_token_start())
        .unwrap_or_default();
    let text: String = serde_json::from_str(literal)
        .map_err(|_| FilterError::expected(at, "text in double quotes, with escapes as in JSON"))?;
    if text.contains('\0') {
        return Err(FilterError::expected(
            at,
            "text without the character U+0000",
        ));
    }
    Ok(text)
}

fn plain_text<'i>(input: &mut Input<'i>) -> &'i str {
    run(input, |byte| byte != b'"' && byte != b'\\' && byte >= b' ')
}

fn attribute_path(input: &mut Input<'_>) -> Parsed<AttributePath> {
    let at = column(input);
    let token = run(input, is_path_byte);
    if token.len() > input.state.limits.path_length {
        return Err(FilterError::new(
            at,
            Problem::Limit(
                "characters of an attribute path",
                input.state.limits.path_length,
            ),
        ));
    }
    Ok(AttributePath::from_token(token, at)?)
}

fn sub_attribute_name<'i>(input: &mut Input<'i>) -> Parsed<&'i str> {
    let at = column(input);
    let name = run(input, is_path_byte);
    if is_name(name) {
        Ok(name)
    } else {
        Err(FilterError::expected(at, "the name of a sub-attribute"))
    }
}

/// Takes the one character if it comes next.
fn take(input: &mut Input<'_>, character: char) -> bool {
    let taken = input.peek_token() == Some(character);
    if taken {
        input.next_token();
    }
    taken
}

/// As many bytes as belong. All of them are ASCII, or none that is not ends the run, so that it ends
/// between two characters.
fn run<'i>(input: &mut Input<'i>, belongs: impl Fn(u8) -> bool) -> &'i str {
    let rest = input.peek_finish();
    let length = rest.bytes().position(|byte| !belongs(byte));
    input.next_slice(length.unwrap_or(rest.len()))
}

fn word<'i>(input: &mut Input<'i>) -> &'i str {
    run(input, |byte| byte.is_ascii_alphanumeric())
}

fn spaces0<'i>(input: &mut Input<'i>) -> &'i str {
    run(input, |byte| byte == b' ')
}

fn spaces1(input: &mut Input<'_>) -> Parsed<()> {
    let spaces = spaces0(input);
    if spaces.is_empty() {
        Err(FilterError::expected(column(input), "a space"))
    } else {
        Ok(())
    }
}

/// Where reading has come to, in characters from 1.
fn column(input: &Input<'_>) -> usize {
    let offset = input.current_token_start();
    if input.state.ascii {
        return offset + 1;
    }
    input
        .state
        .text
        .get(..offset)
        .map_or(offset, |read| read.chars().count())
        + 1
}

#[cfg(test)]
mod tests;
