//! Sound and picture over TCP: for networks that block UDP.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use harness::{
    PATIENCE,
    narrow::Narrow,
    peer::{Peer, Way},
    person::{Greeting, Person},
    server::{Links, Place, Preau, get},
    until,
};
use load::{
    Film,
    crowd::{self, Crowd},
    preau,
};
use signaling::protocol::{Notice, media::QualityLevel};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Two people publish and receive this way.
async fn two_people_meet(server: &Preau, way: &Way) -> Result<()> {
    two_people_meet_at(server.address(), &server.links, way).await
}

/// The same, with the page at this address.
pub(crate) async fn two_people_meet_at(address: SocketAddr, links: &Links, way: &Way) -> Result<()> {
    let mut trainer = Person::greets(address, Greeting::with(&links.trainer, "Ada")).await?;
    let mut ben = Person::greets(address, Greeting::with(&links.participant, "Ben")).await?;
    let (mut hers, mut his) = (Peer::by(way).await?, Peer::by(way).await?);
    hers.publishes(&mut trainer).await?;
    his.publishes(&mut ben).await?;
    hers.subscribes(&mut trainer, 2).await?;
    his.subscribes(&mut ben, 2).await?;
    hers.receives(25).await?;
    his.receives(25).await?;
    hers.closes().await?;
    his.closes().await
}

#[tokio::test]
async fn a_class_is_held_over_tcp_alone() -> Result<()> {
    let server = Preau::start().await?;
    two_people_meet(&server, &Way::Tcp(None)).await
}

#[tokio::test]
async fn the_pages_port_takes_media_too() -> Result<()> {
    let server = Preau::start().await?;
    two_people_meet(&server, &Way::Tcp(Some(server.address().port()))).await
}

#[tokio::test]
async fn one_may_hear_by_udp_what_another_says_by_tcp() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let (mut hers, his) = (Peer::by(&Way::Tcp(None)).await?, Peer::new().await?);
    hers.publishes(&mut trainer).await?;
    his.subscribes(&mut ben, 2).await?;
    his.receives(25).await
}

#[tokio::test]
async fn no_tcp_is_offered_where_it_is_off() -> Result<()> {
    let config = Some("[media]\ntcp_port = \"off\"\n".to_owned());
    let server = Preau::start_at(Place { config, ..Place::default() }).await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let mut peer = Peer::new().await?;
    peer.publishes(&mut trainer).await?;
    let offer = ben
        .hears("a subscribe offer", |notice| match notice {
            Notice::SubscribeOffer { sdp, .. } => Some(sdp.clone()),
            _ => None,
        })
        .await?;
    ensure!(offer.contains(" udp ") && !offer.contains("tcptype"), "{offer}");
    ensure!(TcpStream::connect(server.media_address()).await.is_err(), "the port is closed");
    Ok(())
}

/// A binding request for a connection that does not exist, behind its length when it goes to ICE.
fn ping(framed: bool) -> Vec<u8> {
    ping_for("Anobody000000000:them", framed)
}

/// A binding request of somebody who does not know the password.
fn ping_for(username: &str, framed: bool) -> Vec<u8> {
    let mut attributes = vec![0x00, 0x06, 0x00, username.len() as u8];
    attributes.extend_from_slice(username.as_bytes());
    attributes.resize(attributes.len().next_multiple_of(4), 0);
    let mut message = vec![0x00, 0x01, 0x00, attributes.len() as u8, 0x21, 0x12, 0xa4, 0x42];
    message.extend_from_slice(&[7; 12]);
    message.extend_from_slice(&attributes);
    let length = (message.len() as u16).to_be_bytes();
    if framed { [&length[..], &message].concat() } else { message }
}

#[tokio::test]
async fn rubbish_and_silence_harm_nobody() -> Result<()> {
    let server = Preau::start().await?;
    let mut silent = Vec::new();
    for port in [server.address(), server.media_address()] {
        for _ in 0..150 {
            silent.push(TcpStream::connect(port).await?);
        }
        let hello = [0x16_u8, 3, 1, 0, 5, 1, 2, 3, 4, 5];
        let torrent = [0xff_u8; 4_000];
        let lying = [&[0xff_u8, 0xff][..], &ping(false)].concat();
        let after = [&ping(true)[..], &torrent].concat();
        for wrong in [&hello[..], &torrent, &lying, &after] {
            let mut stream = TcpStream::connect(port).await?;
            // It may be closed before all is written.
            let _ = stream.write_all(wrong).await;
            let mut answer = Vec::new();
            let ended = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
            ensure!(ended.is_ok() && answer.is_empty(), "{port} keeps {:?}", wrong.get(..8));
        }
        // Half of a message, and then nothing.
        let mut half = TcpStream::connect(port).await?;
        half.write_all(ping(true).get(..9).context("a ping")?).await?;
        silent.push(half);
    }
    two_people_meet(&server, &Way::Tcp(None)).await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    ben.says("Tout va bien").await?;
    ensure!(!server.log()?.contains("panic"), "{}", server.log()?);
    Ok(())
}

#[tokio::test]
async fn who_does_not_end_a_request_is_not_kept_and_who_is_here_stays() -> Result<()> {
    let server = Preau::start().await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let mut begun = Vec::new();
    for beginning in [&b"G"[..], b"GET / HTTP/1.1\r\nHost: a\r\nX-A: "].into_iter().cycle().take(300) {
        let mut stream = TcpStream::connect(server.address()).await?;
        stream.write_all(beginning).await?;
        begun.push(stream);
    }
    let (status, _) = server.get("/", None).await?;
    ensure!(status == 200, "the page: {status}");
    for mut stream in begun {
        // Closed, or cut off because something of it was not read.
        let ended = timeout(PATIENCE * 3, stream.read_to_end(&mut Vec::new())).await;
        ensure!(ended.is_ok(), "half a request is kept");
    }
    ben.says("Je suis toujours là").await.map(drop)
}

#[tokio::test]
async fn a_stranger_without_a_password_is_not_kept() -> Result<()> {
    let server = Preau::start().await?;
    let mut stream = TcpStream::connect(server.media_address()).await?;
    stream.write_all(&ping(true)).await?;
    let mut answer = Vec::new();
    timeout(PATIENCE * 2, stream.read_to_end(&mut answer)).await.context("it is still open")??;
    ensure!(answer.is_empty(), "nobody answers a stranger");
    Ok(())
}

/// Peers by TCP and behind the relay, as the operators see them.
async fn streams(admin: SocketAddr) -> Result<u32> {
    let (_, figures) = get(admin, "/metrics", None).await?;
    let mut values = figures
        .lines()
        .filter(|line| line.starts_with("preau_media_streams{"))
        .map(|line| line.rsplit(' ').next());
    values.try_fold(0, |sum, value| Ok(sum + value.context("no value")?.parse::<u32>()?))
}

#[tokio::test]
async fn strangers_and_those_who_leave_give_their_places_back() -> Result<()> {
    let admin = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let config = Some(format!("[admin]\nlisten = \"{admin}\"\n"));
    let server = Preau::start_at(Place { config, ..Place::default() }).await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let mut cleo = Person::enters(&server, &server.links.participant, "Cleo").await?;
    let mut hers = Peer::by(&Way::Tcp(None)).await?;
    hers.publishes(&mut trainer).await?;
    let offer = ben
        .hears("a subscribe offer", |notice| match notice {
            Notice::SubscribeOffer { sdp, .. } => Some(sdp.clone()),
            _ => None,
        })
        .await?;
    let ufrag = offer.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).context("no ufrag")?;
    // They know the name of his connection, and reach its worker, but not the password.
    let mut strangers = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(server.media_address()).await?;
        stream.write_all(&ping_for(&format!("{ufrag}:them"), true)).await?;
        strangers.push(stream);
    }
    until("the strangers", PATIENCE, async || Ok((streams(admin).await? > 50).then_some(()))).await?;
    let his = Peer::by(&Way::Tcp(None)).await?;
    his.subscribes(&mut cleo, 2).await?;
    his.receives(25).await?;
    drop(strangers);
    until("the strangers gone", PATIENCE, async || Ok((streams(admin).await? == 2).then_some(()))).await?;
    his.receives(25).await?;
    hers.closes().await?;
    his.closes().await?;
    until("every place to be free", PATIENCE, async || Ok((streams(admin).await? == 0).then_some(()))).await
}

/// A second of sound, in packets.
const SECOND: usize = 50;
/// What the road itself, and what was handed to it already, keeps sound waiting for.
const WAIT: Duration = Duration::from_millis(1_000);

#[tokio::test]
async fn on_a_slow_road_sound_overtakes_the_picture() -> Result<()> {
    let server = Preau::start().await?;
    let way = preau::Preau::new(&format!("http://{}", server.address()), &server.links.trainer)?;
    let crowd = Crowd::new(crowd::Way::Sfu(Arc::new(way)), None)?;
    let narrow = Narrow::open(server.media_address(), 500_000).await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    // One size only: three times what the road carries, until the server has found that out.
    crowd.publish(Film::trainer(1_600, 1_100)).await?;
    let his = Peer::by(&Way::Tcp(Some(narrow.port()))).await?;
    his.subscribes(&mut ben, 2).await?;
    // Sound goes first, and the person is told why there is no picture.
    ben.hears("that the network is too slow", |notice| match notice {
        Notice::Quality { level: QualityLevel::Poor, .. } => Some(()),
        _ => None,
    })
    .await?;
    let ten_seconds = async || Ok((narrow.sounds().1 >= 10 * SECOND).then_some(()));
    until("ten seconds of sound", PATIENCE * 4, ten_seconds).await?;
    let (came, sent, late) = narrow.sounds();
    eprintln!("{came} of {sent} packets of sound came, at most {} ms late", late.as_millis());
    ensure!(came * 100 >= sent * 97, "{came} of {sent} packets of sound");
    ensure!(late <= WAIT, "sound waited for {late:?}");
    crowd.close().await
}
