//! Colours that colour-blind readers tell apart, and scales of colour for values.
//!
//! Series take the palette of Okabe and Ito (2008), where more are needed colours of Tol (2021), and, beside it, line
//! styles and marker shapes, so that a figure also reads in grey. Values take viridis (van der Walt and Smith 2015),
//! inferno for heat over images, and a blue–white–vermillion scale for values with a sign.

/// Red, green, blue and opacity, each 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8, pub u8);

impl Colour {
    /// Text and axes.
    pub const INK: Self = Self(0x22, 0x22, 0x22, 255);
    /// Notes and secondary text; contrast to white 7 : 1.
    pub const GREY: Self = Self(0x55, 0x55, 0x55, 255);
    /// Reference lines.
    pub const RULE: Self = Self(0x8A, 0x8A, 0x8A, 255);
    /// Grid lines.
    pub const GRID: Self = Self(0xE4, 0xE4, 0xE4, 255);
    /// Paper.
    pub const WHITE: Self = Self(255, 255, 255, 255);
    /// Okabe–Ito blue.
    pub const BLUE: Self = Self(0x00, 0x72, 0xB2, 255);
    /// Okabe–Ito vermillion.
    pub const VERMILLION: Self = Self(0xD5, 0x5E, 0x00, 255);

    /// The same colour with another opacity from 0 to 1.
    #[must_use]
    pub fn alpha(self, opacity: f64) -> Self {
        Self(self.0, self.1, self.2, (opacity.clamp(0.0, 1.0) * 255.0).round() as u8)
    }

    /// Mixture with `other`: 0 is `self`, 1 is `other`.
    #[must_use]
    pub fn mix(self, other: Self, t: f64) -> Self {
        let m =
            |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * t.clamp(0.0, 1.0)).round() as u8;
        Self(m(self.0, other.0), m(self.1, other.1), m(self.2, other.2), m(self.3, other.3))
    }

    /// Black or white, whichever reads better on this colour (WCAG relative luminance).
    #[must_use]
    pub fn text_on(self) -> Self {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        let luminance = 0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2);
        // Contrast to white against contrast to ink (luminance 0.016).
        if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.066 { Self::WHITE } else { Self::INK }
    }

    /// `#rrggbb`.
    pub(crate) fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// The palette of Okabe and Ito in the order in which series take it; yellow, too pale for lines, is left out. Wine,
/// olive and grey behind it are from Tol's muted scheme (2021), for figures with up to ten series.
pub const SERIES: [Colour; 10] = [
    Colour::BLUE,
    Colour::VERMILLION,
    Colour(0x00, 0x9E, 0x73, 255),
    Colour(0xCC, 0x79, 0xA7, 255),
    Colour(0xE6, 0x9F, 0x00, 255),
    Colour(0x56, 0xB4, 0xE9, 255),
    Colour(0x22, 0x22, 0x22, 255),
    Colour(0x88, 0x22, 0x55, 255),
    Colour(0x80, 0x80, 0x20, 255),
    Colour(0x99, 0x99, 0x99, 255),
];

/// Colour of series number `i`.
pub(crate) fn series(i: usize) -> Colour {
    SERIES[i % SERIES.len()]
}

/// A scale of colour for values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// Dark blue to yellow, even in lightness: values without a natural middle.
    Viridis,
    /// Black to yellow: heat over images.
    Inferno,
    /// Blue through white to vermillion: values with a sign, the middle is zero.
    Diverging,
    /// Blue through grey-violet to vermillion, readable on white: low and high values of points.
    LowHigh,
    /// White to a blue on which ink still reads: counts.
    Blues,
}

impl Palette {
    /// Colour at `t` from 0 (low) to 1 (high); what lies outside takes the end.
    #[must_use]
    pub fn at(self, t: f64) -> Colour {
        let stops: &[(u8, u8, u8)] = match self {
            Self::Viridis => &VIRIDIS,
            Self::Inferno => &INFERNO,
            Self::Diverging => &DIVERGING,
            Self::LowHigh => &LOW_HIGH,
            Self::Blues => &BLUES,
        };
        let place = t.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
        let i = (place.floor() as usize).min(stops.len() - 2);
        let colour = |(r, g, b): (u8, u8, u8)| Colour(r, g, b, 255);
        colour(stops[i]).mix(colour(stops[i + 1]), place - i as f64)
    }
}

const VIRIDIS: [(u8, u8, u8); 11] = [
    (68, 1, 84),
    (72, 36, 117),
    (65, 68, 135),
    (53, 95, 141),
    (42, 120, 142),
    (33, 145, 140),
    (34, 168, 132),
    (68, 191, 112),
    (122, 209, 81),
    (189, 223, 38),
    (253, 231, 37),
];
const INFERNO: [(u8, u8, u8); 11] = [
    (0, 0, 4),
    (22, 11, 57),
    (66, 10, 104),
    (106, 23, 110),
    (147, 38, 103),
    (188, 55, 84),
    (221, 81, 58),
    (243, 120, 25),
    (252, 165, 10),
    (246, 215, 70),
    (252, 255, 164),
];
const DIVERGING: [(u8, u8, u8); 7] = [
    (0, 68, 128),
    (0, 114, 178),
    (130, 187, 221),
    (247, 247, 247),
    (240, 170, 120),
    (213, 94, 0),
    (140, 50, 0),
];
const LOW_HIGH: [(u8, u8, u8); 5] =
    [(0, 114, 178), (92, 120, 180), (158, 132, 160), (196, 116, 92), (213, 94, 0)];
const BLUES: [(u8, u8, u8); 5] =
    [(255, 255, 255), (222, 235, 247), (158, 202, 225), (107, 174, 214), (66, 146, 198)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test] // ends and middle as published; text on them readable
    fn palettes_end_where_published() {
        assert_eq!(Palette::Viridis.at(0.0), Colour(68, 1, 84, 255));
        assert_eq!(Palette::Viridis.at(2.0), Colour(253, 231, 37, 255));
        assert_eq!(Palette::Diverging.at(0.5), Colour(247, 247, 247, 255));
        assert_eq!(Palette::Viridis.at(0.0).text_on(), Colour::WHITE);
        assert_eq!(Palette::Viridis.at(1.0).text_on(), Colour::INK);
    }
}
