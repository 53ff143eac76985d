//! Lets a client that speaks TURN over UDP only reach a relay over TCP or TLS: each of its sockets becomes a
//! connection.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Result, bail};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    sync::mpsc,
    task::JoinSet,
};

use crate::tls::Authority;

/// What the relay's port speaks.
#[derive(Clone, Debug)]
pub enum Door {
    Plain(SocketAddr),
    Tls(SocketAddr, Arc<Authority>),
}

/// A running bridge; it ends when dropped.
#[derive(Debug)]
pub struct Bridge {
    address: SocketAddr,
    carried: Arc<AtomicU64>,
    _running: JoinSet<()>,
}

impl Bridge {
    pub async fn open(door: Door) -> Result<Self> {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").await?);
        let (address, carried) = (socket.local_addr()?, Arc::new(AtomicU64::new(0)));
        let mut running = JoinSet::new();
        running.spawn(listen(socket, door, Arc::clone(&carried)));
        Ok(Self { address, carried, _running: running })
    }

    /// Where the client finds its relay.
    #[must_use]
    pub fn url(&self) -> String {
        format!("turn:{}?transport=udp", self.address)
    }

    /// Messages carried both ways.
    #[must_use]
    pub fn carried(&self) -> u64 {
        self.carried.load(Ordering::Relaxed)
    }
}

async fn listen(socket: Arc<UdpSocket>, door: Door, carried: Arc<AtomicU64>) {
    let mut clients: HashMap<SocketAddr, mpsc::Sender<Vec<u8>>> = HashMap::new();
    let mut tasks = JoinSet::new();
    let mut buffer = [0; 4096];
    while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
        carried.fetch_add(1, Ordering::Relaxed);
        let message = buffer[..length].to_vec();
        let queue = clients.entry(from).or_insert_with(|| {
            let (queue, messages) = mpsc::channel(1024);
            let (socket, door, carried) = (Arc::clone(&socket), door.clone(), Arc::clone(&carried));
            tasks.spawn(async move {
                let ended = match door {
                    Door::Plain(address) => match TcpStream::connect(address).await {
                        Ok(stream) => carry(stream, messages, &socket, from, &carried).await,
                        Err(error) => Err(error.into()),
                    },
                    Door::Tls(address, authority) => match authority.connect_to(address).await {
                        Ok(stream) => carry(stream, messages, &socket, from, &carried).await,
                        Err(error) => Err(error),
                    },
                };
                drop(ended);
            });
            queue
        });
        // A full queue loses it, as a network would.
        let _ = queue.try_send(message);
    }
}

async fn carry(
    stream: impl AsyncRead + AsyncWrite,
    mut messages: mpsc::Receiver<Vec<u8>>,
    socket: &UdpSocket,
    client: SocketAddr,
    carried: &AtomicU64,
) -> Result<()> {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let outwards = async {
        while let Some(mut message) = messages.recv().await {
            message.resize(message.len().next_multiple_of(4), 0);
            writer.write_all(&message).await?;
            writer.flush().await?;
        }
        anyhow::Ok(())
    };
    let inwards = async {
        let mut header = [0; 4];
        loop {
            reader.read_exact(&mut header).await?;
            let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
            let (length, rest) = match header[0] >> 6 {
                0 => (20 + length, 16 + length),
                1 => (4 + length, length.next_multiple_of(4)),
                _ => bail!("neither STUN nor channel data: {header:?}"),
            };
            let mut message = header.to_vec();
            message.resize(4 + rest, 0);
            reader.read_exact(&mut message[4..]).await?;
            message.truncate(length);
            carried.fetch_add(1, Ordering::Relaxed);
            socket.send_to(&message, client).await?;
        }
    };
    tokio::select! {
        ended = outwards => ended,
        ended = inwards => ended,
    }
}
