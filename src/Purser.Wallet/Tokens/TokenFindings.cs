using Purser.Ethereum;
using Purser.Protocol.Assets;

namespace Purser.Wallet.Tokens;

/// <summary>Gathers what a scan finds.</summary>
internal sealed class TokenFindings
{
    private readonly List<TokenFinding> _findings = [];
    private readonly List<string> _looked = [];

    public void Looked(string what) => _looked.Add(what);

    public void Note(string code, string message) => _findings.Add(new(code, TokenFindingWeight.Note, message));

    public void Caution(string code, string message) => _findings.Add(new(code, TokenFindingWeight.Caution, message));

    public void Danger(string code, string message) => _findings.Add(new(code, TokenFindingWeight.Danger, message));

    /// <summary>The report so far; the heaviest finding is the verdict.</summary>
    public TokenReport Report(AssetId asset, TokenInfo? known) => new()
    {
        Asset = asset,
        Verdict = _findings.Select(finding => finding.Weight).DefaultIfEmpty(TokenFindingWeight.Note).Max() switch
        {
            TokenFindingWeight.Danger => TokenVerdict.Danger,
            TokenFindingWeight.Caution => TokenVerdict.Caution,
            _ => TokenVerdict.NoDangerFound,
        },
        Findings = [.. _findings.OrderByDescending(finding => finding.Weight)],
        LookedAt = [.. _looked],
        IsKnown = known is not null,
    };
}
