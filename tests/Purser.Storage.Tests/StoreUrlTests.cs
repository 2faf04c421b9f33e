using Purser.Testing;

namespace Purser.Storage.Tests;

public sealed class StoreUrlTests
{
    [Theory]
    [InlineData("sqlite:/var/lib/purser/store.db", "/var/lib/purser/store.db")]
    [InlineData("sqlite:///var/lib/purser/store.db", "/var/lib/purser/store.db")]
    [InlineData("sqlite:/var/lib/../lib/a b?c#d%20.db", "/var/lib/a b?c#d%20.db")]
    public void A_sqlite_url_names_an_absolute_file_and_its_path_is_taken_literally(string text, string path)
    {
        var url = StoreUrl.Parse(text);

        url.IsSqlite.ShouldBeTrue();
        url.FilePath.ShouldBe(path);
        url.ToString().ShouldBe("sqlite:" + path);
    }

    [Theory]
    [InlineData("postgres://user:p%40ss%3Aword@db.example:5433/purser", "postgres://user@db.example:5433/purser")]
    [InlineData("postgresql://user@db.example/purser", "postgres://user@db.example:5432/purser")]
    [InlineData("postgres://u:p@127.0.0.1:1/d?sslmode=verify-full&application_name=seller&connect_timeout=3", "postgres://u@127.0.0.1:1/d")]
    [InlineData("postgres://u:p@[::1]:5432/d", "postgres://u@[::1]:5432/d")]
    [InlineData("postgres:Host=db.example;Port=6000;Username=u;Password=secret;Database=d", "postgres://u@db.example:6000/d")]
    public void A_server_url_is_read_and_shown_without_its_password(string text, string shown)
    {
        var url = StoreUrl.Parse(text);

        url.IsSqlite.ShouldBeFalse();
        url.FilePath.ShouldBeNull();
        url.ToString().ShouldBe(shown);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sqlite:")]
    [InlineData("sqlite:relative.db")]
    [InlineData("sqlite::memory:")]
    [InlineData("sqlite://host/file.db")]
    [InlineData("sqlite:/folder/")]
    [InlineData("sqlite:/a\0b")]
    [InlineData("SQLITE:/a.db")]
    [InlineData("/a.db")]
    [InlineData("mysql://u:hunter2@h/d")]
    [InlineData("postgres://u:hunter2@/d")]
    [InlineData("postgres://u:hunter2@h")]
    [InlineData("postgres://u:hunter2@h/")]
    [InlineData("postgres://u:hunter2@h/a/b")]
    [InlineData("postgres://u:hunter2@h:99999/d")]
    [InlineData("postgres://u:hunter2@h/d#part")]
    [InlineData("postgres://u:hunter2@h/d?sslmode=perhaps")]
    [InlineData("postgres://u:hunter2@h/d?sslmode=require&sslmode=disable")]
    [InlineData("postgres://u:hunter2@h/d?options=-c")]
    [InlineData("postgres://u:hunter2@h/d?connect_timeout=0")]
    [InlineData("postgres:Password=hunter2")]
    [InlineData("postgres:Host=h;Password=hunter2")]
    [InlineData("postgres:Port=hunter2;Host=h;Database=d")]
    [InlineData("postgres:Nonsense=hunter2")]
    [InlineData("postgres:")]
    public void A_bad_url_is_refused_with_a_reason_and_without_the_password(string? text)
    {
        StoreUrl.TryParse(text, out var url, out var problem).ShouldBeFalse();
        url.ShouldBeNull();
        problem.ShouldNotBeNullOrEmpty();
        problem.ShouldNotContain("hunter2");

        var fault = Should.Throw<StorageException>(() => StoreUrl.Parse(text!));
        fault.Code.ShouldBe(StorageCodes.UrlInvalid);
        fault.ToString().ShouldNotContain("hunter2");
        fault.Hint.ShouldContain("sqlite:");
    }

    [Fact]
    public void An_oversized_url_is_refused() =>
        StoreUrl.TryParse("sqlite:/" + new string('a', 5000), out _, out _).ShouldBeFalse();

    [Fact]
    public void Any_text_is_read_or_refused_and_never_breaks_the_reader() => Seeded.Run(300, seeded =>
    {
        string[] parts = ["sqlite:", "postgres:", "postgres://", "postgresql://", "/", "//", "@", ":", "?", "&", "=", "#", "%", "%zz", ";", "Host", "h", "d", "5432", "sslmode", "\u00e4", "\ud800", " ", "[", "]", "::1"];
        var text = string.Concat(Enumerable.Range(0, seeded.Between(1, 12)).Select(_ => seeded.Pick(parts)));

        StoreUrl.TryParse(text, out var url, out var problem).ShouldBe(url is not null);
        (url is null).ShouldBe(problem is not null);
    });
}
