//! Headers of single-file NIfTI, positions turned from LPS to RAS.

use crate::volume::{Image, SampleType};

/// The header up to the voxels: NIfTI-1, or NIfTI-2 where an axis is too long for it.
pub(super) fn header(image: &Image) -> Vec<u8> {
    let geometry = image.geometry();
    let (size, spacing, direction) = (geometry.size(), geometry.spacing(), geometry.direction());
    // LPS → RAS: x and y change sign.
    let signs = [-1.0, -1.0, 1.0];
    let origin: [f64; 3] = std::array::from_fn(|r| signs[r] * geometry.origin()[r] + 0.0);
    let axes: [[f64; 3]; 3] =
        std::array::from_fn(|r| std::array::from_fn(|c| signs[r] * direction[r][c] + 0.0));
    let (quaternion, qfac) = quaternion(axes);
    let datatype: i16 = match image.sample_type() {
        SampleType::U8 => 2,
        SampleType::I16 => 4,
        SampleType::I32 => 8,
        SampleType::F32 => 16,
        SampleType::F64 => 64,
        SampleType::I8 => 256,
        SampleType::U16 => 512,
        SampleType::U32 => 768,
        SampleType::I64 => 1024,
        SampleType::U64 => 1280,
    };
    let bits = 8 * image.sample_type().bytes() as i16;
    let dim = [3, size[0] as i64, size[1] as i64, size[2] as i64, 1, 1, 1, 1];
    let pixdim = [qfac, spacing[0], spacing[1], spacing[2], 0.0, 0.0, 0.0, 0.0];
    let row =
        |r: usize| [axes[r][0] * spacing[0], axes[r][1] * spacing[1], axes[r][2] * spacing[2], origin[r]];
    let rows = [row(0), row(1), row(2)];
    // Millimetres and seconds; both forms say: scanner coordinates.
    let (units, code) = (10, 1_i16);

    if dim.iter().all(|&n| n <= i64::from(i16::MAX)) {
        let mut bytes = Bytes(vec![0; 352]);
        let single = |v: f64| (v as f32).to_le_bytes();
        bytes.put(0, 348_i32.to_le_bytes());
        bytes.put(38, *b"r");
        (0..8).for_each(|i| bytes.put(40 + 2 * i, (dim[i] as i16).to_le_bytes()));
        bytes.put(70, datatype.to_le_bytes());
        bytes.put(72, bits.to_le_bytes());
        (0..8).for_each(|i| bytes.put(76 + 4 * i, single(pixdim[i])));
        bytes.put(108, single(352.0));
        bytes.put(112, single(1.0));
        bytes.put(123, [units]);
        bytes.put(252, code.to_le_bytes());
        bytes.put(254, code.to_le_bytes());
        (0..3).for_each(|i| bytes.put(256 + 4 * i, single(quaternion[i])));
        (0..3).for_each(|i| bytes.put(268 + 4 * i, single(origin[i])));
        (0..12).for_each(|i| bytes.put(280 + 4 * i, single(rows[i / 4][i % 4])));
        bytes.put(344, *b"n+1\0");
        return bytes.0;
    }
    let mut bytes = Bytes(vec![0; 544]);
    bytes.put(0, 540_i32.to_le_bytes());
    bytes.put(4, *b"n+2\0\r\n\x1a\n");
    bytes.put(12, datatype.to_le_bytes());
    bytes.put(14, bits.to_le_bytes());
    (0..8).for_each(|i| bytes.put(16 + 8 * i, dim[i].to_le_bytes()));
    (0..8).for_each(|i| bytes.put(104 + 8 * i, pixdim[i].to_le_bytes()));
    bytes.put(168, 544_i64.to_le_bytes());
    bytes.put(176, 1.0_f64.to_le_bytes());
    bytes.put(344, i32::from(code).to_le_bytes());
    bytes.put(348, i32::from(code).to_le_bytes());
    (0..3).for_each(|i| bytes.put(352 + 8 * i, quaternion[i].to_le_bytes()));
    (0..3).for_each(|i| bytes.put(376 + 8 * i, origin[i].to_le_bytes()));
    (0..12).for_each(|i| bytes.put(400 + 8 * i, rows[i / 4][i % 4].to_le_bytes()));
    bytes.put(500, i32::from(units).to_le_bytes());
    bytes.0
}

struct Bytes(Vec<u8>);

impl Bytes {
    fn put<const N: usize>(&mut self, position: usize, value: [u8; N]) {
        // Positions are constants of the format, all inside the header.
        self.0[position..position + N].copy_from_slice(&value);
    }
}

/// The last three parts of the unit quaternion of a rotation, the first being positive; −1 beside it where the
/// third axis has to be turned round to make the axes a rotation.
fn quaternion(m: [[f64; 3]; 3]) -> ([f64; 3], f64) {
    let cross: f64 = (0..3)
        .map(|r| {
            let (s, t) = ((r + 1) % 3, (r + 2) % 3);
            (m[s][0] * m[t][1] - m[t][0] * m[s][1]) * m[r][2]
        })
        .sum();
    let qfac = if cross < 0.0 { -1.0 } else { 1.0 };
    let m: [[f64; 3]; 3] =
        std::array::from_fn(|r| std::array::from_fn(|c| if c == 2 { m[r][c] * qfac } else { m[r][c] }));
    // Four times each squared part; the largest gives the others without cancellation.
    let squares = [
        1.0 + m[0][0] + m[1][1] + m[2][2],
        1.0 + m[0][0] - m[1][1] - m[2][2],
        1.0 - m[0][0] + m[1][1] - m[2][2],
        1.0 - m[0][0] - m[1][1] + m[2][2],
    ];
    let largest = (0..4).fold(0, |best, i| if squares[i] > squares[best] { i } else { best });
    let part = squares[largest].sqrt() / 2.0;
    let [yz, xz, xy] = [m[2][1] + m[1][2], m[0][2] + m[2][0], m[1][0] + m[0][1]].map(|v| v / (4.0 * part));
    let [x, y, z] = [m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]].map(|v| v / (4.0 * part));
    let [a, b, c, d] = match largest {
        0 => [part, x, y, z],
        1 => [x, part, xy, xz],
        2 => [y, xy, part, yz],
        _ => [z, xz, yz, part],
    };
    let sign = if a < 0.0 { -1.0 } else { 1.0 };
    ([b, c, d].map(|v| v * sign + 0.0), qfac)
}
