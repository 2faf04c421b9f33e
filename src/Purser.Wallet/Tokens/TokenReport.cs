using Purser.Ethereum;

namespace Purser.Wallet.Tokens;

/// <summary>What a look at a token came to. None of these says that a token is good: nothing on a chain can.</summary>
public enum TokenVerdict
{
    /// <summary>Nothing of what was looked at speaks against it; <see cref="TokenReport.LookedAt"/> says what that was.</summary>
    NoDangerFound,

    /// <summary>A human should decide: the registry does not know it, or somebody has power over balances.</summary>
    Caution,

    /// <summary>Paying with it, or taking it, would lose money or cannot work.</summary>
    Danger,
}

/// <summary>How much a finding weighs.</summary>
public enum TokenFindingWeight
{
    /// <summary>Good to know.</summary>
    Note,

    /// <summary>A power over balances that somebody has, or a thing that could not be found out.</summary>
    Caution,

    /// <summary>A reason not to touch it.</summary>
    Danger,
}

/// <summary>One thing that was found.</summary>
/// <param name="Code">A stable code of <c>snake_case</c>.</param>
/// <param name="Weight">How much it weighs.</param>
/// <param name="Message">What it is, one line; what the contract wrote in it is quoted and cleaned.</param>
public sealed record TokenFinding(string Code, TokenFindingWeight Weight, string Message);

/// <summary>What the chain shows of a token (x402-skill B23), read at one time and true of that time alone: an upgrade can change everything.</summary>
public sealed record TokenReport
{
    /// <summary>The token.</summary>
    public required AssetId Asset { get; init; }

    /// <summary>The verdict: the heaviest finding decides.</summary>
    public required TokenVerdict Verdict { get; init; }

    /// <summary>What was found, the heaviest first.</summary>
    public required IReadOnlyList<TokenFinding> Findings { get; init; }

    /// <summary>What was looked at, each with what came of it.</summary>
    public required IReadOnlyList<string> LookedAt { get; init; }

    /// <summary>The code's size in bytes; 0 when there is none.</summary>
    public int CodeBytes { get; init; }

    /// <summary>The contract that a proxy runs, or null.</summary>
    public Address? Implementation { get; init; }

    /// <summary>Who can exchange it, as far as a standard slot says so.</summary>
    public Address? ProxyAdmin { get; init; }

    /// <summary>What <c>owner()</c> says, or null.</summary>
    public Address? Owner { get; init; }

    /// <summary>What <c>name()</c> says: the contract's words.</summary>
    public string? Name { get; init; }

    /// <summary>What <c>symbol()</c> says: the contract's words.</summary>
    public string? Symbol { get; init; }

    /// <summary>What <c>decimals()</c> says.</summary>
    public int? Decimals { get; init; }

    /// <summary>What <c>totalSupply()</c> says, in minimal units.</summary>
    public UInt256? TotalSupply { get; init; }

    /// <summary>Whether it has EIP-3009: <c>transferWithAuthorization</c> in its code, and an answer to <c>authorizationState</c>.</summary>
    public bool HasEip3009 { get; init; }

    /// <summary>Whether it has EIP-2612: <c>permit</c> in its code, and an answer to <c>nonces</c>.</summary>
    public bool HasEip2612 { get; init; }

    /// <summary>Whether its separator is that of the registry's domain; null when one of the two does not say.</summary>
    public bool? DomainAgrees { get; init; }

    /// <summary>Whether the registry knows it.</summary>
    public bool IsKnown { get; init; }

    /// <summary>What a simulated transfer kept back, in minimal units; null when none could be simulated.</summary>
    public UInt256? TransferFee { get; init; }
}
