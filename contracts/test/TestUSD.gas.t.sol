// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestUSD} from "../src/TestUSD.sol";
import {OwnerSignedWallet} from "./payers/OwnerSignedWallet.sol";
import {Authorization, TokenTest} from "./support/TokenTest.sol";

/// @title One call each, for the gas snapshot
/// @notice Accounts and storage are warm or cold as a first payment to a new payee meets them within one transaction, so
/// the numbers compare commits with each other; they are not a transaction's cost.
contract TestUSDGasTest is TokenTest {
    Authorization private a;
    bytes private transferSignature;
    bytes private receiveSignature;
    bytes private cancelSignature;
    bytes private permitSignature;
    address private wallet;

    function setUp() public override {
        super.setUp();
        a = authorization();
        transferSignature = sign(payerKey, paymentDigest(Kind.Transfer, a));
        receiveSignature = sign(payerKey, paymentDigest(Kind.Receive, a));
        cancelSignature = sign(payerKey, cancelDigest(payer, a.nonce));
        permitSignature = sign(payerKey, permitDigest(payer, stranger, 1, 0, NOW));
        address[] memory owners = new address[](1);
        owners[0] = payer;
        wallet = address(new OwnerSignedWallet(owners));
        token.mint(wallet, FUNDS);
        vm.prank(payer);
        token.approve(stranger, FUNDS);
    }

    function test_Gas_Deploy() public {
        new TestUSD(address(this));
    }

    function test_Gas_Transfer() public {
        vm.prank(payer);
        token.transfer(payee, 1);
    }

    function test_Gas_TransferFrom() public {
        vm.prank(stranger);
        token.transferFrom(payer, payee, 1);
    }

    function test_Gas_TransferWithAuthorizationSplit() public {
        form = Form.Split;
        pay(Kind.Transfer, a, transferSignature);
    }

    function test_Gas_TransferWithAuthorizationPacked() public {
        form = Form.Packed;
        pay(Kind.Transfer, a, transferSignature);
    }

    function test_Gas_TransferWithAuthorizationOfAContract() public {
        form = Form.Packed;
        a.from = wallet;
        pay(Kind.Transfer, a, sign(payerKey, paymentDigest(Kind.Transfer, a)));
    }

    function test_Gas_ReceiveWithAuthorizationPacked() public {
        form = Form.Packed;
        pay(Kind.Receive, a, receiveSignature);
    }

    function test_Gas_CancelAuthorizationPacked() public {
        form = Form.Packed;
        cancel(payer, a.nonce, cancelSignature);
    }

    function test_Gas_PermitPacked() public {
        form = Form.Packed;
        permit(payer, stranger, 1, NOW, permitSignature);
    }
}
