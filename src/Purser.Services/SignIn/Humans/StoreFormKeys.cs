using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Purser.Storage;

namespace Purser.Services.SignIn.Humans;

/// <summary>
/// Keeps the keys that protect cookies and forms in the store, so that a page of one replica is posted to another, and a restart signs nobody out. They are as
/// secret as the store is; whoever reads it could make cookies, and could as well change the accounts.
/// </summary>
/// <param name="store">The store; migrated before the host serves.</param>
internal sealed class StoreFormKeys(Store store) : IXmlRepository
{
    // The platform asks for keys on a path that is not async, at the start and once in many weeks. The store's work runs on threads of its own, so nothing here waits for itself.
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. store.ReadAsync(reader => reader.Query<string>("SELECT xml FROM human_form_keys ORDER BY name")).GetAwaiter().GetResult().Select(xml => XElement.Parse(xml))];

    public void StoreElement(XElement element, string friendlyName)
    {
        var xml = element.ToString(SaveOptions.DisableFormatting);
        store.WriteAsync(transaction => { transaction.Execute("INSERT INTO human_form_keys (name, xml) VALUES (@friendlyName, @xml) ON CONFLICT (name) DO NOTHING", new { friendlyName, xml }); }).GetAwaiter().GetResult();
    }
}
