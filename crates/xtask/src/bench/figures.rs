//! Medians, percentiles and the table that shows them.

/// What many measurements of one thing come to.
pub(super) struct Figures {
    sorted: Vec<f64>,
}

impl Figures {
    pub(super) fn of(mut samples: Vec<f64>) -> Figures {
        samples.sort_by(f64::total_cmp);
        Figures { sorted: samples }
    }

    pub(super) fn median(&self) -> f64 {
        self.quantile(0.50)
    }

    pub(super) fn p99(&self) -> f64 {
        self.quantile(0.99)
    }

    pub(super) fn least(&self) -> f64 {
        self.quantile(0.0)
    }

    fn quantile(&self, quantile: f64) -> f64 {
        let last = self.sorted.len().saturating_sub(1);
        let place = (quantile * last as f64).round();
        #[expect(
            clippy::cast_sign_loss,
            clippy::cast_possible_truncation,
            reason = "within 0..=last"
        )]
        self.sorted.get(place as usize).copied().unwrap_or(f64::NAN)
    }
}

/// The mean of ratios.
pub(super) fn geometric_mean(ratios: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = ratios.fold((0.0, 0), |(sum, count), ratio| (sum + ratio.ln(), count + 1));
    (sum / f64::from(count)).exp()
}

/// One line of a table: what, its figures, and a remark.
pub(super) fn line(what: &str, unit: &str, figures: &Figures, remark: &str) {
    println!("  {what:<34} {:>9.3} {:>9.3} {unit:<3} {remark}", figures.median(), figures.p99());
}

/// The heading above such lines.
pub(super) fn heading(title: &str) {
    println!("\n{title:<36} {:>9} {:>9}", "p50", "p99");
}
