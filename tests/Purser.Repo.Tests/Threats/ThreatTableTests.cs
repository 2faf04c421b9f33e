using System.Text.RegularExpressions;

namespace Purser.Repo.Tests.Threats;

/// <summary>Every threat to an agent's money, and every pain of users elsewhere, has a test by its name; or a stated reason why it is not there yet.</summary>
public sealed partial class ThreatTableTests
{
    // The row, and the names that its tests bear (the beginning of a name suffices).
    private static readonly (string Row, string[] Tests)[] s_rows =
    [
        ("prompt injection makes the agent pay", ["Prompt_injection_makes_the_agent_pay", "Prompt_injection_makes_the_agent_pay_by_raising_its_limits_in_the_file", "Who_can_write_the_database_cannot_reset_the_lockout", "The_first_payment_to_a_payee_is_held", "An_agent_that_pipes_the_secret_is_refused"]),
        ("payTo, amount or asset swapped between quote and payment", ["Payee_amount_or_asset_swapped_between_quote_and_payment", "A_replayed_approval_for_another_amount_is_refused", "A_swapped_payee_is_refused"]),
        ("caps beaten by restart or parallel requests", ["Caps_beaten_by_restart", "Caps_beaten_by_parallel_requests_in_one_process", "Caps_beaten_by_parallel_requests_in_four_processes"]),
        ("duplicate payment on retry", ["Duplicate_payment_on_retry"]),
        ("replay and free-riding on our server", ["Twenty_requests_with_one_header_run_the_handler_once_and_settle_once", "A_settled_header_buys_nothing_elsewhere"]),
        ("facilitator's outcome unknown", ["An_unknown_outcome_is_a_503_with_an_id_and_never_a_new_402"]),
        ("malicious calldata from a coordinator", ["Malicious_calldata_from_a_coordinator", "Unknown_calldata_is_refused", "A_function_that_moves_or_grants_a_token_cannot_be_allowed_as_a_call"]),
        ("sign-in message for another domain", ["Sign_in_message_for_another_domain"]),
        ("raw hash or permit signing", ["Raw_hash_signing_has_no_door", "Raw_hash_or_permit_signing"]),
        ("key exfiltration", ["Key_exfiltration_no_type_that_holds_a_secret", "Key_exfiltration_neither_files_nor_outputs", "Key_exfiltration_a_purser_process_makes_no_core_dump"]),
        ("header leak across a redirect", ["A_redirect_of_the_paid_request_is_not_followed"]),
        ("retry after a lost response paid twice", ["Confirming_again_after_a_lost_reply_presents_the_same_header", "A_second_payment_for_a_request_whose_first_is_open_is_refused"]),
        ("36 calls, 54 charges", ["Twenty_at_once_with_one_header_run_the_handler_once", "A_confirmed_quote_is_paid_once_however_often_it_is_confirmed"]),
        ("broadcast but unconfirmed treated as failure", ["Broadcast_but_unconfirmed_is_pending"]),
        ("error reason dropped", ["A_402_to_the_payment_is_a_rejection_with_its_reason"]),
        ("quote changed before paying", ["Payee_amount_or_asset_swapped_between_quote_and_payment", "A_quote_that_was_never_paid_cannot_be_confirmed_after_its_time"]),
        ("relayer nonces racing", ["Relayer_nonces_racing_in_one_process", "Relayer_nonces_racing_on_four_stores"]),
        ("wrong EIP-712 name per chain", ["The_domain_of_USDC_differs_between_Base_and_its_test_network"]),
        ("v2 header ignored", ["The_old_header_counts_only_where_the_new_one_is_not", "A_header_comes_back_as_it_was_written"]),
        ("GET retried as POST", ["The_request_is_replayed_letter_by_letter_and_a_POST_stays_a_POST"]),
        ("keys in argv", ["Keys_in_argv_are_refused_and_not_repeated", "An_agent_that_pipes_the_secret_is_refused"]),
        ("login failing in a container with exit code 0", ["Threat_a_login_that_fails_is_exit_5_and_never_0"]),
        ("scrypt key stores that take seconds", ["Scrypt_key_stores_that_take_seconds_are_refused_before_any_work"]),
    ];

    // Rows that belong to what is built later, with the work that brings their tests.
    private static readonly (string Row, string Until)[] s_later =
    [
        ("attack on the dashboard (DNS rebinding, CSRF)", "the dashboard's issue; the chain's own port and the vault refuse rebinding already"),
        ("SSRF through endpoints taken from a registry", "the mailroom's issue: nothing takes endpoints from a registry yet"),
    ];

    [Fact]
    public void Every_row_has_its_tests()
    {
        var names = RepositoryTree.Current.Files(".cs").Where(file => file.Path.StartsWith("tests/", StringComparison.Ordinal) && !file.Path.Contains("/Threats/ThreatTable", StringComparison.Ordinal))
            .SelectMany(file => TestName().Matches(file.Text).Select(match => match.Groups["name"].Value)).ToList();
        var missing = s_rows.SelectMany(row => row.Tests.Where(test => !names.Exists(name => name.StartsWith(test, StringComparison.Ordinal))).Select(test => $"{row.Row}: {test}"));
        missing.ShouldBeEmpty();
    }

    [Fact]
    public void The_table_names_all_thirteen_threats_and_twelve_pains_once()
    {
        var rows = s_rows.Select(row => row.Row).Concat(s_later.Select(row => row.Row)).ToList();
        rows.Count.ShouldBe(13 + 12);
        rows.Distinct(StringComparer.Ordinal).Count().ShouldBe(rows.Count);
        s_later.ShouldAllBe(row => row.Until.Length > 0);
    }

    [GeneratedRegex(@"public (?:async )?(?:Task|void) (?<name>\w+)\(", RegexOptions.ExplicitCapture)]
    private static partial Regex TestName();
}
