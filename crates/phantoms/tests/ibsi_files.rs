//! The digital phantom against the files that IBSI publishes (repository theibsi/data_sets, CC BY 4.0).

use radiomics_imaging::{
    Image,
    io::{ReadOptions, read, read_mask},
};
use radiomics_phantoms::{ibsi, reference::shared};

#[test]
fn voxels_region_and_grid_are_those_of_the_files() {
    let Some(folder) = shared("data/ibsi1_digital_phantom") else { return };
    let phantom = ibsi::digital().unwrap();
    let image = read(folder.join("image.nii.gz"), &ReadOptions::default()).unwrap();
    assert_eq!(image, Image::from(phantom.image));
    let mask = read_mask(folder.join("mask.nii.gz"), &ReadOptions::default()).unwrap();
    assert_eq!(mask.geometry(), phantom.mask.geometry());
    assert!(mask.iter().eq(phantom.mask.iter()));
}
