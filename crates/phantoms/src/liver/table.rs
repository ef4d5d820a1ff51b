//! The cohort as the files of a study: a table and its description.

use super::LiverCohort;

impl LiverCohort {
    /// The table of the patients as CSV, missing values as `NA`. Images and masks are named as [`Self::DESCRIPTION`]
    /// says, by paths below the folder `images`; whether there are files is up to the caller.
    pub fn csv(&self) -> String {
        let mut text = String::from(
            "patient,centre,age,sex,etiology,cirrhosis,child_pugh,ecog,bclc,afp_ng_ml,up_to_seven,tumour_cm,\
             portal_vein_invasion,extrahepatic_spread,treatment,mrecist,os_months,death,pfs_months,progression,cause,\
             pre_a,pre_v,post_a,post_v,liver_pre_a,liver_pre_v,liver_post_a,liver_post_v,\
             again_pre_a,again_pre_v,again_post_a,again_post_v,second_pre_a,second_pre_v,second_post_a,second_post_v\n",
        );
        for patient in self.patients() {
            let c = &patient.clinical;
            let number = |v: Option<f64>| v.map_or_else(|| "NA".to_owned(), |v| v.to_string());
            let level = |v: Option<bool>, no: &str, yes: &str| {
                v.map_or("NA", |v| if v { yes } else { no }).to_owned()
            };
            let cause = match (patient.os.event, patient.other_cause) {
                (false, _) => "NA",
                (true, false) => "disease",
                (true, true) => "other",
            };
            let mut cells = vec![
                patient.id.clone(),
                patient.centre.to_owned(),
                number(c.age),
                level(c.male, "female", "male"),
                level(c.hepatitis_b, "other", "hepatitis B"),
                level(c.cirrhosis, "no", "yes"),
                level(c.child_pugh_b, "A", "B"),
                level(c.ecog_1, "0", "1"),
                level(c.bclc_c, "B", "C"),
                number(c.afp),
                level(c.beyond_up_to_seven, "within", "beyond"),
                number(c.tumour_cm),
                level(c.portal_vein_invasion, "absent", "present"),
                level(c.extrahepatic_spread, "absent", "present"),
                if c.tki { "ICI + TKI" } else { "ICI + anti-VEGF" }.to_owned(),
                patient.mrecist.code().to_owned(),
                patient.os.months.to_string(),
                u8::from(patient.os.event).to_string(),
                patient.pfs.months.to_string(),
                u8::from(patient.pfs.event).to_string(),
                cause.to_owned(),
            ];
            for (prefix, there) in
                [("", true), ("liver_", true), ("again_", patient.reread), ("second_", patient.reread)]
            {
                cells.extend(["pre_a", "pre_v", "post_a", "post_v"].map(|image| {
                    if there {
                        format!("images/{}/{prefix}{image}.nii.gz", patient.id)
                    } else {
                        String::new()
                    }
                }));
            }
            text += &cells.join(",");
            text.push('\n');
        }
        text
    }

    /// `study.toml` of the table: which column is what.
    pub const DESCRIPTION: &'static str = include_str!("study.toml");
}
