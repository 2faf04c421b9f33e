using System.Text.RegularExpressions;

namespace Purser.Services.Vault;

/// <summary>One whom the vault keeps a wallet for. Its id names the sub-folder of its store, keys, policy and journal.</summary>
public sealed partial record VaultUser
{
    /// <summary>Names a user.</summary>
    /// <param name="id">1 to 64 characters of a-z, 0-9, '-' and '_', beginning with a letter or digit: fit to be a folder's name.</param>
    /// <exception cref="ArgumentException">Another form.</exception>
    public VaultUser(string id)
    {
        if (id is null || !Form().IsMatch(id))
        {
            throw new ArgumentException("A user's id is 1 to 64 characters of a-z, 0-9, '-' and '_', beginning with a letter or digit.", nameof(id));
        }

        Id = id;
    }

    /// <summary>The id.</summary>
    public string Id { get; }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9_-]{0,63}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
