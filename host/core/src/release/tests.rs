use super::*;

fn release(number: u64, rollback_of: Option<u64>) -> Release {
    Release {
        number,
        rollback_of,
        ..Release::default()
    }
}

#[test]
fn the_one_before_the_current() {
    for (releases, expected) in [
        (vec![], None),
        (vec![(1, None)], None),
        (vec![(1, None), (2, None)], Some(1)),
        (vec![(1, None), (2, None), (3, None), (4, Some(2))], Some(1)),
        (vec![(1, None), (2, None), (3, Some(1))], None),
        (vec![(1, None), (2, None), (3, Some(1)), (4, None)], Some(3)),
        (
            vec![(1, None), (2, None), (3, Some(2)), (4, Some(3))],
            Some(1),
        ),
    ] {
        let list: Vec<Release> = releases.iter().map(|&(n, of)| release(n, of)).collect();
        let found = before_current(&list).map(|it| it.number);
        assert_eq!(found, expected, "{releases:?}");
    }
}
