using Purser.SystemTests.Processes;

namespace Purser.SystemTests.CommandLine;

/// <summary>The inputs of <c>purser payment x402-pay</c> (x402-skill B1 to B16): refused before anything is opened, asked or signed.</summary>
public sealed class X402PayInputTests
{
    private const string PayTo = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    private const string Asset = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
    private const string Limit = "115792089237316195423570985008687907853269984665640564039457584007913129639936"; // 2^256

    [Theory]
    [InlineData("", "must not be empty")]
    [InlineData("1.5", "must be a non-negative integer in minimal units")]
    [InlineData("-1", "must be a non-negative integer in minimal units")]
    [InlineData("0", "must be greater than zero")]
    [InlineData("000", "must be greater than zero")]
    [InlineData("1e6", "must be a non-negative integer in minimal units")]
    [InlineData("0x10", "must be a non-negative integer in minimal units")]
    [InlineData(" 1", "must be a non-negative integer in minimal units")]
    [InlineData("１", "must be a non-negative integer in minimal units")]
    [InlineData(Limit, "must be a non-negative integer in minimal units")]
    public Task An_amount_that_is_no_positive_integer_of_minimal_units_is_refused(string amount, string message) =>
        RefusedAsync("amount_invalid", message, "--network", "eip155:84532", "--amount", amount, "--pay-to", PayTo, "--asset", Asset);

    [Theory]
    [InlineData("8453")]
    [InlineData("solana:101")]
    [InlineData("")]
    [InlineData("eip155:abc")]
    [InlineData("eip155:-1")]
    [InlineData("eip155:99999999999999999999")]
    [InlineData("eip155:08453")]
    [InlineData("eip155:")]
    [InlineData("EIP155:8453")]
    [InlineData("eip155:8453 ")]
    [InlineData("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp")]
    [InlineData("tron:0x2b6653dc")]
    [InlineData("ton:-239")]
    [InlineData("sui:mainnet")]
    public Task A_network_that_is_no_eip155_chain_is_refused(string network) =>
        RefusedAsync("network_invalid", "expected 'eip155:<chainId>'", "--network", network, "--amount", "1", "--pay-to", PayTo, "--asset", Asset);

    [Theory]
    [InlineData("0x70997970C51812dc3A010C7d01b50e0d17dc79c8", "address_invalid")] // one letter's case
    [InlineData("0x70997970C51812dc3A010C7d01b50e0d17dc79", "address_invalid")]
    [InlineData("70997970C51812dc3A010C7d01b50e0d17dc79C8", "address_invalid")]
    [InlineData("0x70997970C51812dc3A010C7d01b50e0d17dc79Cg", "address_invalid")]
    [InlineData("", "address_invalid")]
    [InlineData("vitalik.eth", "address_invalid")]
    [InlineData("0x0000000000000000000000000000000000000000", "address_zero")]
    public async Task An_address_that_is_none_is_refused_by_the_name_of_its_flag(string address, string code)
    {
        await RefusedAsync(code, "--pay-to", "--network", "eip155:84532", "--amount", "1", "--pay-to", address, "--asset", Asset);
        await RefusedAsync(code, "--asset", "--network", "eip155:84532", "--amount", "1", "--pay-to", PayTo, "--asset", address);
    }

    [Fact]
    public Task Paying_the_tokens_own_contract_is_refused() =>
        RefusedAsync("pay_to_is_asset", "own contract", "--network", "eip155:84532", "--amount", "1", "--pay-to", Asset.ToLowerInvariant(), "--asset", Asset);

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("86401")]
    [InlineData("9223372036854775807")]
    public Task A_window_that_is_empty_or_longer_than_a_day_is_refused(string seconds) =>
        RefusedAsync("timeout_invalid", "1 to 86400", "--network", "eip155:84532", "--amount", "1", "--pay-to", PayTo, "--asset", Asset, "--max-timeout-seconds", seconds);

    [Theory]
    [InlineData("9223372036854775808")]
    [InlineData("soon")]
    public Task A_window_that_is_no_number_is_a_usage_error(string seconds) =>
        RefusedAsync("usage", "--max-timeout-seconds", "--network", "eip155:84532", "--amount", "1", "--pay-to", PayTo, "--asset", Asset, "--max-timeout-seconds", seconds);

    [Theory]
    [InlineData("--network")]
    [InlineData("--amount")]
    [InlineData("--pay-to")]
    [InlineData("--asset")]
    public Task A_missing_flag_is_named(string missing)
    {
        (string Flag, string Value)[] all = [("--network", "eip155:84532"), ("--amount", "1"), ("--pay-to", PayTo), ("--asset", Asset)];
        return RefusedAsync("usage", missing, [.. all.Where(f => f.Flag != missing).SelectMany(f => new[] { f.Flag, f.Value })]);
    }

    [Fact]
    public Task An_unknown_flag_is_named() =>
        RefusedAsync("usage", "--private-key", "--network", "eip155:84532", "--amount", "1", "--pay-to", PayTo, "--asset", Asset, "--private-key", "x");

    [Fact]
    public async Task A_chain_that_is_not_known_is_refused_before_the_account_is_asked_for()
    {
        using var folder = new TemporaryFolder();
        var answer = await InProcess.RunAsync("payment", "x402-pay", "--network", "eip155:987654321", "--amount", "1", "--pay-to", PayTo, "--asset", Asset, "--data", folder.Path);
        answer.ExitCode.ShouldBe(2);
        answer.ErrorCode.ShouldBe("chain_unknown");
        answer.Output.ShouldContain("chain not found for eip155:987654321");
    }

    [Fact]
    public async Task The_largest_uint256_is_read_and_only_then_is_the_account_missing()
    {
        using var folder = new TemporaryFolder();
        var answer = await InProcess.RunAsync("payment", "x402-pay", "--network", "eip155:84532", "--amount", Limit[..^1] + "5", "--pay-to", PayTo, "--asset", Asset, "--data", folder.Path);
        answer.ExitCode.ShouldBe(5);
        answer.ErrorCode.ShouldBe("no_account");
    }

    // What is refused by its form never gets as far as the data folder.
    private static async Task RefusedAsync(string code, string message, params string[] args)
    {
        using var folder = new TemporaryFolder();
        var data = folder.File("never-made");
        var answer = await InProcess.RunAsync(["payment", "x402-pay", "--data", data, .. args]);
        answer.ExitCode.ShouldBe(2, answer.Output);
        answer.ErrorCode.ShouldBe(code, answer.Output);
        answer.Json.GetProperty("error").GetProperty("message").GetString()!.ShouldContain(message);
        Directory.Exists(data).ShouldBeFalse();
    }
}
