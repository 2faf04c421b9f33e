namespace Purser.Repo.Tests;
