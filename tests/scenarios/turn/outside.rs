//! The relay from outside, by real sockets: whom it serves, and whom it reaches for them.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use aws_lc_rs::hmac;
use harness::{
    PATIENCE,
    person::Person,
    server::{Place, Preau, get},
    until,
};
use md5::{Digest, Md5};
use rtc_stun::{
    attributes::{
        ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_ERROR_CODE, ATTR_LIFETIME, ATTR_NONCE, ATTR_REALM,
        ATTR_REQUESTED_TRANSPORT, ATTR_USERNAME, ATTR_XOR_PEER_ADDRESS, ATTR_XOR_RELAYED_ADDRESS,
    },
    message::{
        CLASS_INDICATION, CLASS_REQUEST, CLASS_SUCCESS_RESPONSE, METHOD_ALLOCATE, METHOD_CHANNEL_BIND,
        METHOD_CREATE_PERMISSION, METHOD_REFRESH, METHOD_SEND, Message, MessageType, Method,
    },
    xoraddr::XorMappedAddress,
};
use signaling::protocol::{entry::Entry, media::IceServer};

/// Allocations of one person.
const ALLOCATIONS: usize = 64;

/// A client of the relay by UDP, by nothing but its own messages.
struct Client {
    socket: UdpSocket,
    username: String,
    password: String,
    /// What the relay told: realm and nonce.
    challenge: Option<(Vec<u8>, Vec<u8>)>,
}

impl Client {
    fn of(relay: SocketAddr, server: &IceServer) -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(relay)?;
        socket.set_read_timeout(Some(Duration::from_millis(500)))?;
        let (username, password) = (server.username.clone(), server.credential.clone());
        Ok(Self { socket, username, password, challenge: None })
    }

    /// Asks, as somebody known once the relay has asked who; gives the answer, or the code of the refusal.
    fn asks(&mut self, method: Method, attributes: &dyn Fn(&mut Message)) -> Result<Result<Message, u16>> {
        let answer = self.exchanges(method, attributes)?;
        if answer.typ.class == CLASS_SUCCESS_RESPONSE {
            return Ok(Ok(answer));
        }
        let code = answer.get(ATTR_ERROR_CODE)?;
        let [_, _, class, number, ..] = code.as_slice() else { anyhow::bail!("no code: {code:?}") };
        if (*class, *number) == (4, 1) && self.challenge.is_none() {
            self.challenge = Some((answer.get(ATTR_REALM)?, answer.get(ATTR_NONCE)?));
            return self.asks(method, attributes);
        }
        Ok(Err(u16::from(*class) * 100 + u16::from(*number)))
    }

    fn exchanges(&self, method: Method, attributes: &dyn Fn(&mut Message)) -> Result<Message> {
        let mut request = Message::new();
        request.write_header();
        request.new_transaction_id()?;
        request.set_type(MessageType::new(method, CLASS_REQUEST));
        attributes(&mut request);
        let mut raw = request.raw.clone();
        if let Some((realm, nonce)) = &self.challenge {
            request.add(ATTR_USERNAME, self.username.as_bytes());
            request.add(ATTR_REALM, realm);
            request.add(ATTR_NONCE, nonce);
            let realm = String::from_utf8(realm.clone())?;
            let key = Md5::digest(format!("{}:{realm}:{}", self.username, self.password));
            let id = request.transaction_id;
            raw = load::ice::finish(request, &hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key))?;
            request = Message::new();
            request.transaction_id = id;
        }
        let mut buffer = [0; 2048];
        // A datagram may be lost: it is asked again, as RFC 8489 §6.2.1 says.
        for _ in 0..20 {
            self.socket.send(&raw)?;
            let Ok(length) = self.socket.recv(&mut buffer) else { continue };
            let mut answer = Message::new();
            answer.write(buffer.get(..length).context("an answer")?)?;
            if answer.transaction_id == request.transaction_id {
                return Ok(answer);
            }
        }
        anyhow::bail!("no answer to {method}")
    }

    fn allocates(&mut self) -> Result<Result<Message, u16>> {
        self.asks(METHOD_ALLOCATE, &|message| message.add(ATTR_REQUESTED_TRANSPORT, &[17, 0, 0, 0]))
    }

    fn permits(&mut self, peer: SocketAddr) -> Result<Result<(), u16>> {
        Ok(self.asks(METHOD_CREATE_PERMISSION, &|message| name(message, peer))?.map(drop))
    }

    fn binds(&mut self, channel: u16, peer: SocketAddr) -> Result<Result<(), u16>> {
        let bound = self.asks(METHOD_CHANNEL_BIND, &|message| {
            message.add(ATTR_CHANNEL_NUMBER, &[&channel.to_be_bytes()[..], &[0; 2]].concat());
            name(message, peer);
        })?;
        Ok(bound.map(drop))
    }

    fn leaves(&mut self) -> Result<Result<(), u16>> {
        Ok(self.asks(METHOD_REFRESH, &|message| message.add(ATTR_LIFETIME, &[0; 4]))?.map(drop))
    }

    /// By a Send indication, which is never answered, and by a channel.
    fn throws(&self, channel: u16, peer: SocketAddr) -> Result<()> {
        let mut send = Message::new();
        send.write_header();
        send.new_transaction_id()?;
        send.set_type(MessageType::new(METHOD_SEND, CLASS_INDICATION));
        name(&mut send, peer);
        send.add(ATTR_DATA, b"anything");
        self.socket.send(&send.raw)?;
        self.socket.send(&[&channel.to_be_bytes()[..], &[0, 8], b"anything"].concat())?;
        Ok(())
    }
}

fn name(message: &mut Message, peer: SocketAddr) {
    let address = XorMappedAddress { ip: peer.ip(), port: peer.port() };
    // Only an address of a third kind could not be written.
    let _ = address.add_to_as(message, ATTR_XOR_PEER_ADDRESS);
}

/// Where a relay that reached anybody would do harm: far away, at home, on this machine, beside the cloud.
fn others(victim: SocketAddr) -> Vec<SocketAddr> {
    let v4 = |a, b, c, d| IpAddr::V4(Ipv4Addr::new(a, b, c, d));
    let addresses = [
        v4(198, 51, 100, 9),
        v4(10, 0, 0, 1),
        v4(192, 168, 1, 1),
        v4(169, 254, 169, 254),
        v4(127, 0, 0, 2),
        v4(0, 0, 0, 0),
        v4(255, 255, 255, 255),
        IpAddr::V6(Ipv6Addr::LOCALHOST),
        IpAddr::V6(Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped()),
    ];
    addresses.into_iter().map(|address| SocketAddr::new(address, victim.port())).collect()
}

#[tokio::test]
async fn it_serves_those_with_credentials_and_reaches_nobody_but_the_media_workers() -> Result<()> {
    let port = UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
    let admin = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let config = Some(format!("[turn]\nudp_port = {port}\n[admin]\nlisten = \"{admin}\"\n"));
    let server = Preau::start_at(Place { config, ..Place::default() }).await?;
    let ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let relay = ben.welcome.ice_servers.first().cloned().context("no relay is told")?;
    let again = until("credentials of another second", PATIENCE, async || {
        let fresh = fetched(&server, &format!("#{}", ben.stay())).await?;
        Ok((fresh.username != relay.username).then_some(fresh))
    })
    .await?;
    let cleo = Person::enters(&server, &server.links.participant, "Cleo").await?;
    let other = cleo.welcome.ice_servers.first().cloned().context("no relay is told")?;
    let (at, worker) = (SocketAddr::from(([127, 0, 0, 1], port)), server.media_address());
    tokio::task::spawn_blocking(move || {
        who_is_not_known_gets_nothing(at, &relay)?;
        nobody_else_is_reached(at, &relay, worker)?;
        one_person_has_their_share(at, [&relay, &again], &other)
    })
    .await??;
    let (_, figures) = get(admin, "/metrics", None).await?;
    for what in ["peer", "client"] {
        let line = format!("preau_relay_refused_total{{what=\"{what}\"}} ");
        let counted = figures.lines().find_map(|found| found.strip_prefix(&line)).context("no figure")?;
        ensure!(counted.parse::<u32>()? >= 3, "{what} {counted}");
    }
    Ok(())
}

fn who_is_not_known_gets_nothing(at: SocketAddr, relay: &IceServer) -> Result<()> {
    let mut guess = Client::of(at, &IceServer { credential: "guess".to_owned(), ..relay.clone() })?;
    ensure!(guess.allocates()?.err() == Some(401), "a wrong password");
    let (until, whose) = relay.username.split_once(':').context("no date")?;
    let (seance, _) = whose.split_once(':').context("nobody's")?;
    let others = [
        format!("1:{whose}"),
        format!("99999999999:{whose}"),
        format!("{until}:{seance}:-"),
        "x".repeat(500),
    ];
    for username in others {
        let mut other = Client::of(at, &IceServer { username, ..relay.clone() })?;
        ensure!(other.allocates()?.err() == Some(401), "another date or person needs another password");
    }
    let mut stale = Client::of(at, relay)?;
    stale.challenge = Some((b"preau".to_vec(), b"a nonce of nobody".to_vec()));
    ensure!(stale.allocates()?.err() == Some(438), "an old nonce");
    ensure!(stale.permits(at)?.is_err(), "nothing without an allocation");
    Ok(())
}

fn nobody_else_is_reached(at: SocketAddr, relay: &IceServer, worker: SocketAddr) -> Result<()> {
    let victim = UdpSocket::bind("127.0.0.1:0")?;
    victim.set_nonblocking(true)?;
    let mut client = Client::of(at, relay)?;
    let allocated = client.allocates()?.map_err(|code| anyhow::anyhow!("{code}"))?;
    let mut relayed = XorMappedAddress::default();
    relayed.get_from_as(&allocated, ATTR_XOR_RELAYED_ADDRESS)?;
    ensure!(relayed.ip == worker.ip());
    let own = victim.local_addr()?;
    for (channel, other) in (0x4000..).zip(others(own)) {
        ensure!(client.permits(other)?.is_err(), "{other}");
        ensure!(client.binds(channel, other)?.is_err(), "{other}");
        client.throws(channel, other)?;
    }
    // The machine's own address is a worker's too: only its port is not.
    let _ = client.permits(own)?;
    ensure!(client.binds(0x4100, own)?.is_err(), "a port beside the worker's");
    client.throws(0x4100, own)?;
    // What was thrown before is behind us once this is answered.
    ensure!(client.asks(METHOD_REFRESH, &|_| ())?.is_ok());
    let mut buffer = [0; 64];
    ensure!(victim.recv(&mut buffer).is_err(), "the relay reached somebody");
    ensure!(client.permits(worker)?.is_ok() && client.binds(0x4200, worker)?.is_ok(), "the worker itself");
    Ok(())
}

/// What the lobby's page is told with a ticket.
async fn fetched(server: &Preau, link: &str) -> Result<IceServer> {
    let (status, body) = server.get("/api/entry", Some(link)).await?;
    ensure!(status == 200, "{status}: {body}");
    let entry: Entry = serde_json::from_str(&body)?;
    entry.ice_servers.first().cloned().context("no relay is told")
}

/// Whichever of their credentials they come with.
fn one_person_has_their_share(at: SocketAddr, own: [&IceServer; 2], other: &IceServer) -> Result<()> {
    let mut clients = Vec::new();
    let refused = loop {
        let mut client = Client::of(at, own[clients.len() % 2])?;
        match client.allocates()? {
            Ok(_) => clients.push(client),
            Err(code) => break code,
        }
        ensure!(clients.len() <= ALLOCATIONS, "{} allocations", clients.len());
    };
    // The one that looked around before holds one still.
    ensure!(refused == 486 && clients.len() + 1 == ALLOCATIONS, "{refused} after {}", clients.len());
    for relay in own {
        ensure!(Client::of(at, relay)?.allocates()?.err() == Some(486), "by the one as by the other");
    }
    ensure!(Client::of(at, other)?.allocates()?.is_ok(), "somebody else has their own");
    Ok(())
}

/// Each goes by its own request, as a page that is closed and opened again does.
const CYCLES: u16 = 300;

#[tokio::test]
async fn who_comes_and_goes_leaves_nothing_behind() -> Result<()> {
    let port = UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
    let admin = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let config = Some(format!("[turn]\nudp_port = {port}\n[admin]\nlisten = \"{admin}\"\n"));
    let server = Preau::start_at(Place { config, ..Place::default() }).await?;
    let ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let relay = ben.welcome.ice_servers.first().cloned().context("no relay is told")?;
    let (at, worker) = (SocketAddr::from(([127, 0, 0, 1], port)), server.media_address());
    let mut client = Client::of(at, &relay)?;
    let client = tokio::task::spawn_blocking(move || {
        for cycle in 0..CYCLES {
            ensure!(client.allocates()?.is_ok(), "the allocation of cycle {cycle}");
            ensure!(client.binds(0x4000, worker)?.is_ok(), "the channel of cycle {cycle}");
            if cycle + 1 < CYCLES {
                ensure!(client.leaves()?.is_ok(), "the end of cycle {cycle}");
            }
        }
        Ok(client)
    });
    let mut client = client.await??;
    until("the last stream, and no other", PATIENCE, async || Ok((streams(admin).await? == 1).then_some(())))
        .await?;
    tokio::task::spawn_blocking(move || client.leaves()).await??.map_err(|code| anyhow::anyhow!("{code}"))?;
    until("no stream any more", PATIENCE, async || Ok((streams(admin).await? == 0).then_some(()))).await
}

/// The peers that the workers reach through this process.
async fn streams(admin: SocketAddr) -> Result<u32> {
    let (_, figures) = get(admin, "/metrics", None).await?;
    let of = |line: &str| {
        line.strip_prefix("preau_media_streams").and_then(|rest| rest.rsplit(' ').next()?.parse::<u32>().ok())
    };
    Ok(figures.lines().filter_map(of).sum())
}
