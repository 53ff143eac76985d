//! The dependency descriptor: which layers a frame belongs to, told outside the payload.
//!
//! "Dependency Descriptor RTP Header Extension", appendix A of the RTP payload format for AV1. A structure of
//! templates comes with each keyframe and holds until the next one; other frames only name their template.

use super::{SPATIAL, Size, TEMPORAL};

/// Templates of one structure: their number has six bits.
const TEMPLATES: usize = 64;
/// Decode targets of one structure: their number has five bits.
const TARGETS: usize = 32;
/// Two bits a target: 0 not present, 1 discardable, 2 switch, 3 required.
const SWITCH: u64 = 2;

#[derive(Clone, Copy, Debug, Default)]
struct Template {
    spatial: u8,
    temporal: u8,
    /// The indications, two bits a decode target, the first one lowest.
    targets: u64,
}

/// The templates of a source, from its last keyframe.
#[derive(Clone, Debug)]
pub struct Structure {
    offset: u8,
    target_count: u8,
    templates: [Template; TEMPLATES],
    template_count: u8,
    /// The highest temporal layer of each decode target.
    target_temporal: [u8; TARGETS],
    sizes: [Option<Size>; SPATIAL],
}

/// What the descriptor of one packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub starts: bool,
    pub ends: bool,
    /// Counts the frames of all layers, modulo 2^16.
    pub number: u16,
    pub spatial: u8,
    pub temporal: u8,
    /// Bit `t`: a subscriber may go up to temporal layer `t` with this frame.
    pub up: u8,
    /// The decode targets that the source sends at present, when the frame says so.
    pub active: Option<u32>,
    /// A new structure came with it: a keyframe.
    pub structure: bool,
}

struct Bits<'p> {
    bytes: &'p [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    fn bits(&mut self, count: u8) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.bit()?);
        }
        Some(value)
    }

    fn small(&mut self, count: u8) -> Option<u8> {
        u8::try_from(self.bits(count)?).ok()
    }

    /// A number below `limit` in as few bits as it needs, AV1 §4.10.7 (`ns(n)`).
    fn below(&mut self, limit: u8) -> Option<u8> {
        let mut width: u8 = 0;
        while limit >> width != 0 {
            width += 1;
        }
        let shorter = (1 << width) - u16::from(limit);
        let value = u16::from(self.small(width.checked_sub(1)?)?);
        if value < shorter {
            return u8::try_from(value).ok();
        }
        u8::try_from((value << 1) - shorter + u16::from(self.bit()?)).ok()
    }
}

impl Structure {
    /// The sizes of the spatial layers, as far as the source told them.
    #[must_use]
    pub fn sizes(&self) -> [Option<Size>; SPATIAL] {
        self.sizes
    }

    fn template(&self, id: u8) -> Option<&Template> {
        let at = (id + 64 - self.offset) % 64;
        self.templates.get(..usize::from(self.template_count))?.get(usize::from(at))
    }

    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let mut structure = Self {
            offset: bits.small(6)?,
            target_count: bits.small(5)? + 1,
            templates: [Template::default(); TEMPLATES],
            template_count: 0,
            target_temporal: [0; TARGETS],
            sizes: [None; SPATIAL],
        };
        let spatial = structure.layers(bits)?;
        let templates = structure.templates.get_mut(..usize::from(structure.template_count))?;
        for template in &mut *templates {
            for target in 0..structure.target_count {
                template.targets |= u64::from(bits.bits(2)?) << (2 * target);
            }
        }
        // What they refer to, and by which chains they are protected, decides nothing here.
        for _ in 0..structure.template_count {
            while bits.bit()? {
                bits.bits(4)?;
            }
        }
        let chains = bits.below(structure.target_count + 1)?;
        if chains > 0 {
            for _ in 0..structure.target_count {
                bits.below(chains)?;
            }
            for _ in 0..usize::from(structure.template_count) * usize::from(chains) {
                bits.bits(4)?;
            }
        }
        structure.find_targets();
        if bits.bit()? {
            for layer in 0..=usize::from(spatial) {
                let size = (bits.bits(16)?, bits.bits(16)?);
                if let Some(room) = structure.sizes.get_mut(layer) {
                    *room = Some((u16::try_from(size.0 + 1).ok()?, u16::try_from(size.1 + 1).ok()?));
                }
            }
        }
        Some(structure)
    }

    /// The layer of each template; gives the highest spatial one.
    fn layers(&mut self, bits: &mut Bits<'_>) -> Option<u8> {
        let (mut spatial, mut temporal): (u8, u8) = (0, 0);
        loop {
            let template = self.templates.get_mut(usize::from(self.template_count))?;
            (template.spatial, template.temporal) = (spatial, temporal);
            self.template_count += 1;
            match bits.bits(2)? {
                0 => {}
                1 => temporal += 1,
                2 => (spatial, temporal) = (spatial + 1, 0),
                _ => return Some(spatial),
            }
        }
    }

    fn find_targets(&mut self) {
        let templates = self.templates.iter().take(usize::from(self.template_count));
        for template in templates {
            for (target, highest) in (0..self.target_count).zip(&mut self.target_temporal) {
                if template.targets >> (2 * target) & 3 != 0 {
                    *highest = (*highest).max(template.temporal);
                }
            }
        }
    }

    /// The temporal layers that become decodable with a frame of these indications.
    fn up(&self, targets: u64) -> u8 {
        let targets = (0..self.target_count).filter(|target| targets >> (2 * target) & 3 == SWITCH);
        let temporal = targets.filter_map(|target| self.target_temporal.get(usize::from(target)));
        temporal.fold(0, |up, temporal| up | 1 << (*temporal).min(TEMPORAL as u8 - 1))
    }
}

/// Reads a descriptor. `known` is the structure of the source so far, and is replaced when a new one comes with it.
/// `None` when it is cut short, or no structure explains it.
pub fn read(descriptor: &[u8], known: &mut Option<Box<Structure>>) -> Option<Frame> {
    let mut bits = Bits { bytes: descriptor, at: 0 };
    let (starts, ends) = (bits.bit()?, bits.bit()?);
    let template = bits.small(6)?;
    let number = u16::try_from(bits.bits(16)?).ok()?;
    let (mut structure, mut own_targets, mut active) = (false, false, None);
    if descriptor.len() > 3 {
        structure = bits.bit()?;
        let tells_active = bits.bit()?;
        own_targets = bits.bit()?;
        // Own references and chains say nothing about layers.
        bits.bits(2)?;
        if structure {
            let read = Structure::read(&mut bits)?;
            match known {
                Some(known) => **known = read,
                None => *known = Some(Box::new(read)),
            }
        }
        if tells_active {
            active = Some(bits.bits(known.as_ref()?.target_count)?);
        }
    }
    let known = known.as_ref()?;
    let Template { spatial, temporal, mut targets, .. } = *known.template(template)?;
    if own_targets {
        targets = 0;
        for target in 0..known.target_count {
            targets |= u64::from(bits.bits(2)?) << (2 * target);
        }
    }
    let up = known.up(targets);
    Some(Frame { starts, ends, number, spatial, temporal, up, active, structure })
}
