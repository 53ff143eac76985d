//! A browser without a page: it keeps cookies, sends the header that pages send, and speaks JSON.

use std::{collections::BTreeMap, net::SocketAddr, process::Stdio};

use anyhow::{Context, Result, ensure};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};
use server::{
    clock::{mint, wall},
    store::{Gathering, Store},
};
use signaling::{
    enrolment::{EnrolmentRole, EnrolmentSource},
    id::SeanceId,
    seance::Seance,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{PATIENCE, server::Preau};

/// The password of everybody that [`Preau::knows`].
pub const PASSWORD: &str = "quatre chevaux bleus";

/// An HTTP answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; `Null` when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The code of a refusal, empty when it is none.
    #[must_use]
    pub fn code(&self) -> String {
        self.json().get("code").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// One browser of one person.
#[derive(Debug, Clone)]
pub struct Browser {
    address: SocketAddr,
    pub cookies: BTreeMap<String, String>,
    pub csrf: Option<String>,
    /// Sent as `Authorization` when there is one.
    pub ticket: Option<String>,
    /// Where a proxy says that the browser is.
    pub from: Option<String>,
    /// More headers, for the next request only.
    pub once: Vec<(String, String)>,
}

impl Browser {
    /// Nobody's browser.
    #[must_use]
    pub fn of(server: &Preau) -> Self {
        Self {
            address: server.address(),
            cookies: BTreeMap::new(),
            csrf: None,
            ticket: None,
            from: None,
            once: Vec::new(),
        }
    }

    /// The same, as a proxy in front sees it from there.
    #[must_use]
    pub fn seen_from(self, address: &str) -> Self {
        Self { from: Some(address.to_owned()), ..self }
    }

    /// Sends these headers with the next request.
    pub fn asking(&mut self, headers: &[(&str, &str)]) -> &mut Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.once = headers.iter().map(owned).collect();
        self
    }

    /// A browser that is logged in.
    pub async fn logged_in(server: &Preau, email: &str) -> Result<Self> {
        let mut browser = Self::of(server);
        let answer = browser.post("/api/login", &json!({"email": email, "password": PASSWORD})).await?;
        ensure!(answer.status == 200, "{email} cannot log in: {}", answer.text());
        Ok(browser)
    }

    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        self.ask("GET", path, None).await
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> Result<Answer> {
        self.ask("POST", path, Some(body)).await
    }

    pub async fn patch(&mut self, path: &str, body: &Value) -> Result<Answer> {
        self.ask("PATCH", path, Some(body)).await
    }

    pub async fn delete(&mut self, path: &str) -> Result<Answer> {
        self.ask("DELETE", path, None).await
    }

    /// Any request with JSON, or none.
    pub async fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        let body = body.map(Value::to_string).unwrap_or_default().into_bytes();
        self.send(method, path, "application/json", &body).await
    }

    /// A request that must succeed; `Null` sends no body.
    pub async fn done(&mut self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let answer = self.ask(method, path, (!body.is_null()).then_some(body)).await?;
        ensure!(answer.status == 200, "{method} {path}: {} {}", answer.status, answer.text());
        Ok(answer.json())
    }

    /// Makes something; its identifier.
    pub async fn made(&mut self, path: &str, body: &Value) -> Result<String> {
        let made = self.done("POST", path, body).await?;
        let id =
            [&made["id"], &made["session"]["id"], &made["seance"]["id"]].into_iter().find_map(Value::as_str);
        Ok(id.with_context(|| format!("{path}: {made}"))?.to_owned())
    }

    /// What must be there to be seen.
    pub async fn seen(&mut self, path: &str) -> Result<Value> {
        self.done("GET", path, &Value::Null).await
    }

    /// Any request.
    pub async fn send(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        if !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            head += &format!("Cookie: {}\r\n", pairs.join("; "));
        }
        if let Some(csrf) = &self.csrf {
            head += &format!("X-Preau-Csrf: {csrf}\r\n");
        }
        if let Some(ticket) = &self.ticket {
            head += &format!("Authorization: Bearer {ticket}\r\n");
        }
        if let Some(from) = &self.from {
            head += &format!("X-Forwarded-For: {from}\r\n");
        }
        for (name, value) in self.once.drain(..) {
            head += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            head += &format!("Content-Type: {kind}\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n", body.len());
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        let mut bytes = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut bytes)).await??;
        let answer = parsed(&bytes)?;
        self.learn(&answer);
        Ok(answer)
    }

    fn learn(&mut self, answer: &Answer) {
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some(csrf) = answer.json().get("csrf") {
            self.csrf = csrf.as_str().map(str::to_owned);
        }
    }
}

/// A text in an answer.
pub fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().with_context(|| format!("no text: {value}"))?.to_owned())
}

/// An instant as somebody in Versailles types it.
pub fn typed(at: Timestamp) -> Result<String> {
    Ok(at.to_zoned(TimeZone::get("Europe/Paris")?).strftime("%Y-%m-%dT%H:%M").to_string())
}

fn parsed(bytes: &[u8]) -> Result<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").context("no HTTP answer")?;
    let (head, body) = bytes.split_at(end);
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("no HTTP status")?.parse()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let body = body.get(4..).unwrap_or_default();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked { joined(body)? } else { body.to_vec() };
    Ok(Answer { status, headers, body })
}

/// The chunks of a body put together.
fn joined(mut chunks: &[u8]) -> Result<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = chunks.windows(2).position(|two| two == b"\r\n").context("a chunk without a length")?;
        let (length, rest) = chunks.split_at(end);
        let length = usize::from_str_radix(std::str::from_utf8(length)?.trim(), 16)?;
        if length == 0 {
            return Ok(whole);
        }
        let rest = rest.get(2..).context("a chunk without a body")?;
        whole.extend_from_slice(rest.get(..length).context("a chunk cut short")?);
        chunks = rest.get(length + 2..).context("a chunk without an end")?;
    }
}

impl Preau {
    /// Makes somebody known by `preau user add` beside the running server, with [`PASSWORD`]; the identifier.
    /// `more` are further arguments, `["--role", "gestionnaire"]`.
    pub async fn knows(
        &self,
        email: &str,
        first_name: &str,
        last_name: &str,
        more: &[&str],
    ) -> Result<String> {
        let words = ["user", "add", email, "--first-name", first_name, "--last-name", last_name];
        let mut child = self
            .beside(&[&words[..], more, &["--password-stdin"]].concat())?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut input = child.stdin.take().context("no standard input")?;
        input.write_all(format!("{PASSWORD}\n").as_bytes()).await?;
        drop(input);
        let output = timeout(PATIENCE, child.wait_with_output()).await??;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8_lossy(&output.stdout);
        let line = said.lines().find_map(|line| line.strip_prefix("person ")).context("no identifier")?;
        Ok(line.to_owned())
    }
}

/// Written beside the running server, as its commands do.
impl Preau {
    /// A séance of that academy, planned for now; `change` may alter the plan.
    pub async fn plans(&self, academy: &str, change: impl FnOnce(&mut Seance)) -> Result<Seance> {
        let store = Store::connect(&self.kept()?).await?;
        let (_, path) = self.links.participant.split_once("/seance/").context("no link")?;
        let demo: SeanceId = path.split('#').next().unwrap_or_default().parse()?;
        let mut plan = store.seance(demo).await?.context("no demonstration")?;
        plan.id = SeanceId(mint());
        academy.clone_into(&mut plan.academy);
        change(&mut plan);
        store.put_seance(&plan).await?;
        store.close().await;
        Ok(plan)
    }

    /// Enrols somebody by hand.
    pub async fn enrols(&self, seance: SeanceId, person: &str, role: EnrolmentRole) -> Result<()> {
        let store = Store::connect(&self.kept()?).await?;
        let (to, now) = (Gathering::Seance(seance), wall());
        store.enrol_person(to, person.parse()?, role, EnrolmentSource::Manual, now).await?;
        store.close().await;
        Ok(())
    }
}
