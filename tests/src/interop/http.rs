//! One HTTP/1.1 request on its own connection, with the target spelt exactly
//! as given: a `verbatim` query may hold quotes, braces and `#` unescaped.

use std::time::Duration;

use ureq::config::Config;
use ureq::http::{HeaderName, HeaderValue, Method, Request};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, TcpConnector, Transport,
};
use ureq::{Agent, AsSendBody};

/// Longest silence on the socket.
const TIMEOUT: Duration = Duration::from_secs(30);

/// An answer as it came, a `gzip` coding removed.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The first header of that name, in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// Sends the headers given and no other but `Host`, `Content-Length` and
/// `Connection: close`. Redirects are not followed.
pub(super) fn send(
    method: &str,
    url: &str,
    headers: &[(String, String)],
    body: Option<&[u8]>,
) -> Result<Answer, String> {
    let rest = url
        .strip_prefix("http://")
        .ok_or_else(|| format!("{url} is no http:// URL"))?;
    let (authority, target) = rest
        .find('/')
        .and_then(|at| rest.split_at_checked(at))
        .unwrap_or((rest, "/"));
    let target = target.replace(' ', "%20");
    if !target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("{target:?} cannot be the target of a request"));
    }
    let method = Method::from_bytes(method.as_bytes()).map_err(|e| e.to_string())?;
    let needs_length = matches!(method.as_str(), "POST" | "PUT" | "PATCH");
    let mut request = Request::builder()
        .method(method)
        .uri(format!("http://{authority}/"));
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|e| e.to_string())?;
        request = request.header(name, latin1(value)?);
    }
    if body.is_none() && needs_length {
        request = request.header("content-length", "0");
    }
    let request = request.header("connection", "close");
    match body {
        Some(body) => exchange(request.body(body), target),
        None => exchange(request.body(()), target),
    }
}

fn exchange(
    request: Result<Request<impl AsSendBody>, ureq::http::Error>,
    target: String,
) -> Result<Answer, String> {
    let request = request.map_err(|e| e.to_string())?;
    let connector = ().chain(TcpConnector::default()).chain(Exact { target });
    let agent = Agent::with_parts(config(), connector, DefaultResolver::default());
    let mut response = agent.run(request).map_err(|e| e.to_string())?;
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = value.as_bytes().iter().map(|byte| char::from(*byte));
            (name.as_str().to_owned(), value.collect())
        })
        .collect();
    let body = response.body_mut().with_config().limit(u64::MAX);
    Ok(Answer {
        body: body.read_to_vec().map_err(|e| e.to_string())?,
        status: response.status().as_u16(),
        headers,
    })
}

fn config() -> Config {
    Config::builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent("")
        .accept("")
        .accept_encoding("")
        .timeout_connect(Some(TIMEOUT))
        .timeout_per_read(Some(TIMEOUT))
        .timeout_per_write(Some(TIMEOUT))
        .build()
}

fn latin1(value: &str) -> Result<HeaderValue, String> {
    let bytes: Result<Vec<u8>, _> = value.chars().map(u8::try_from).collect();
    bytes
        .ok()
        .and_then(|bytes| HeaderValue::from_bytes(&bytes).ok())
        .ok_or_else(|| format!("{value:?} cannot be the value of a header"))
}

/// Connects as usual, then has the request line name the target.
///
/// The URI type of the request refuses bytes RFC 3986 does not allow and drops
/// fragments, so the request is made for `/` and the line rewritten.
#[derive(Debug)]
struct Exact {
    target: String,
}

impl<In: Transport> Connector<In> for Exact {
    type Out = Rewriting<In>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        Ok(chained.map(|inner| Rewriting {
            inner,
            target: Some(self.target.clone()),
        }))
    }
}

#[derive(Debug)]
struct Rewriting<T> {
    inner: T,
    /// Present until the request line is out.
    target: Option<String>,
}

impl<T: Transport> Transport for Rewriting<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let Some(target) = self.target.take() else {
            return self.inner.transmit_output(amount, timeout);
        };
        let head = self.inner.buffers().output().get(..amount);
        let head = String::from_utf8_lossy(head.unwrap_or_default()).into_owned();
        let mut bytes = head.replacen(" / ", &format!(" {target} "), 1).into_bytes();
        while !bytes.is_empty() {
            let output = self.inner.buffers().output();
            let amount = output.len().min(bytes.len());
            for (to, from) in output.iter_mut().zip(bytes.drain(..amount)) {
                *to = from;
            }
            self.inner.transmit_output(amount, timeout)?;
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }
}

#[cfg(test)]
mod tests;
